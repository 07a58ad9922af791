import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Transport, TransportAlarm } from "@reeve/runtime";
import { type NatsOptions, nats } from "@reeve/runtime/nats";
import { type NatsServer, natsServer, type TcpProxy, tcpProxy } from "@reeve/testing";
import { afterEach, expect, test } from "vitest";
import { bytes, collect, settled, until } from "./messages.ts";

const quick: NatsOptions = { pingInterval: "100ms", reconnectWait: "20ms", reconnectJitter: "20ms" };

const toClose: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

async function broker(options = {}): Promise<NatsServer> {
  const server = await natsServer(options);
  toClose.push(() => server.close());
  return server;
}

async function proxied(server: NatsServer): Promise<TcpProxy> {
  const proxy = await tcpProxy(server.port);
  toClose.push(() => proxy.close());
  return proxy;
}

interface Client {
  readonly transport: Transport;
  /** Every change of the link, as it was told. */
  readonly links: boolean[];
  readonly alarms: TransportAlarm[];
}

function client(servers: string | readonly string[], options: NatsOptions = {}): Client {
  const transport = nats({ servers, ...quick, ...options });
  const links: boolean[] = [];
  const alarms: TransportAlarm[] = [];
  transport.onLink((connected) => links.push(connected));
  transport.onAlarm((alarm) => alarms.push(alarm));
  toClose.push(() => transport.close());
  return { transport, links, alarms };
}

const address = ({ port }: { port: number }) => `127.0.0.1:${port}`;
const neverSent = expect.objectContaining({ reason: "LINK_LOST", outcome: "never-sent" });

test("a killed broker: the flag falls, publishes are refused; back on its port, subscriptions are restored", async () => {
  const server = await broker();
  const a = client(server.url);
  const b = client(server.url);
  await Promise.all([a.transport.connect(), b.transport.connect()]);
  const got = collect(a.transport, "s.*");
  const shared = collect(a.transport, "work", "g");
  const staying = collect(a.transport, "left", "g");
  await settled(a.transport);
  await server.kill();
  await until(() =>
    expect([a.links, b.links]).toEqual([
      [true, false],
      [true, false],
    ]),
  );
  expect(a.transport.connected).toBe(false);
  expect(() => a.transport.publish("s.x", bytes("lost"))).toThrow(neverSent);
  await expect(a.transport.flush()).rejects.toEqual(neverSent);
  const whileDown = collect(a.transport, "down");
  const leaving = a.transport.subscribe("left", () => {}, { queue: "g" });
  leaving.unsubscribe();
  await server.restart();
  await Promise.all([a.transport.connect(), b.transport.connect()]);
  await settled(a.transport);
  for (const subject of ["s.x", "work", "down"]) b.transport.publish(subject, bytes(subject));
  for (let i = 0; i < 20; i++) b.transport.publish("left", bytes(String(i)));
  await settled(b.transport, a.transport);
  await until(() => expect([got, shared, whileDown, staying.length]).toEqual([["s.x"], ["work"], ["down"], 20]));
  expect(a.links).toEqual([true, false, true]);
});

test("a publish made as soon as the link is told to be back finds the subscriptions in place", async () => {
  const server = await broker();
  const { transport } = client(server.url);
  const answers = collect(transport, `${transport.inbox}.*`);
  transport.subscribe("ask", ({ reply }) => transport.publish(reply as string, bytes("answer")));
  await transport.connect();
  let asked = 0;
  transport.onLink((connected) => {
    if (connected) transport.publish("ask", bytes("?"), { reply: `${transport.inbox}.${asked++}` });
  });
  for (let i = 1; i <= 3; i++) {
    await server.restart();
    await until(() => expect(answers).toHaveLength(i));
  }
});

test("a transport started before its broker waits for it and says so once", async () => {
  const server = await broker();
  await server.kill();
  const { transport, links, alarms } = client(server.url);
  const connecting = transport.connect();
  await until(() => expect(alarms).toHaveLength(1));
  expect(alarms[0]).toMatchObject({
    kind: "broker.unreachable",
    message: expect.stringContaining(`${address(server)} (connect ECONNREFUSED`),
  });
  await server.restart();
  await connecting;
  expect([links, alarms.length]).toEqual([[true], 1]);
});

test("an abort ends one wait, not another nor the attempts", async () => {
  const server = await broker();
  await server.kill();
  const { transport } = client(server.url);
  const abort = new AbortController();
  const aborted = transport.connect(abort.signal);
  const patient = transport.connect();
  abort.abort(new Error("enough"));
  await expect(aborted).rejects.toMatchObject({ reason: "CANCELLED", cause: { message: "enough" } });
  await server.restart();
  await patient;
});

test("close ends a wait for a broker that never comes", async () => {
  const server = await broker();
  await server.kill();
  const { transport, alarms } = client(server.url);
  const connecting = expect(transport.connect()).rejects.toMatchObject({ reason: "TRANSPORT_CLOSED" });
  await until(() => expect(alarms).toHaveLength(1));
  await transport.close();
  await connecting;
});

test("a broker in lame duck mode is told of; when it cuts the link, the next server is taken", async () => {
  const leaving = await broker();
  const next = await broker();
  const { transport, links, alarms } = client([leaving.url, next.url], { reconnectWait: "1ms" });
  const peer = client(next.url);
  await next.kill();
  await transport.connect();
  const got = collect(transport, "s");
  await settled(transport);
  await next.restart();
  await leaving.lameDuck();
  await until(() => expect(links).toEqual([true, false, true]));
  expect(alarms.filter(({ kind }) => kind === "broker.leaving").length).toBeGreaterThanOrEqual(1);
  await peer.transport.connect();
  peer.transport.publish("s", bytes("after"));
  await until(() => expect(got).toEqual(["after"]));
});

test("the members of a cluster become known, and one takes over from a configured one that is killed", async () => {
  const cluster = (port: number, routes: readonly number[]) =>
    `cluster { name: c, listen: "127.0.0.1:${port}", routes: [${routes.map((r) => `"nats://127.0.0.1:${r}"`).join()}] }`;
  const [first, second] = [clusterPort(), clusterPort()];
  const configured = await broker({ config: cluster(first, []) });
  const learnt = await broker({ config: cluster(second, [first]) });
  const { transport, links } = client(configured.url);
  await transport.connect();
  await until(() => expect(learnt.log).toMatch(/Route connection created/));
  const probe = client(configured.url);
  await probe.transport.connect();
  await settled(transport, probe.transport);
  await configured.kill();
  await until(() => expect(links).toEqual([true, false, true]));
  const peer = client(learnt.url);
  await peer.transport.connect();
  const got = collect(peer.transport, "s");
  await settled(peer.transport);
  transport.publish("s", bytes("x"));
  await until(() => expect(got).toEqual(["x"]));
});

test("a half-open link is noticed by the pings, and replaced", async () => {
  const server = await broker();
  const proxy = await proxied(server);
  const { transport, links } = client(address(proxy));
  await transport.connect();
  proxy.halfOpen();
  await until(() => expect(links).toEqual([true, false, true]));
});

test("also with more unsent than the socket takes, where nats.js alone would wait for TCP to give up", async () => {
  const server = await broker();
  const proxy = await proxied(server);
  const { transport, links } = client(address(proxy));
  await transport.connect();
  proxy.blackhole();
  for (let i = 0; i < 40; i++) transport.publish("s", new Uint8Array(1_000_000));
  const flushing = expect(transport.flush()).rejects.toMatchObject({ reason: "LINK_LOST", outcome: "maybe-executed" });
  await until(() => expect(links).toEqual([true, false]));
  await flushing;
  await proxy.heal();
  await until(() => expect(links).toEqual([true, false, true]));
});

test("a reset link is replaced", async () => {
  const server = await broker();
  const proxy = await proxied(server);
  const { transport, links } = client(address(proxy));
  await transport.connect();
  proxy.reset();
  await until(() => expect(links).toEqual([true, false, true]));
});

test("a flush does not wait for a frozen broker longer than told", async () => {
  const server = await broker();
  const { transport, links } = client(server.url, { pingInterval: "5s", flushTimeout: "50ms" });
  await transport.connect();
  await server.pause();
  await expect(transport.flush()).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect(links).toEqual([true]);
  server.resume();
  await transport.flush();
});

test("a drain over a frozen broker ends too", async () => {
  const server = await broker();
  const { transport } = client(server.url, { pingInterval: "5s", flushTimeout: "50ms" });
  await transport.connect();
  const subscription = transport.subscribe("s", () => {});
  await settled(transport);
  await server.pause();
  await subscription.drain();
  server.resume();
});

test("what a broker that stopped reading has not confirmed is bounded", async () => {
  const server = await broker();
  const { transport } = client(server.url, { pingInterval: "5s", maxUnconfirmedBytes: 8_000_000 });
  await transport.connect();
  await server.pause();
  const fill = () => {
    for (let i = 0; i < 100; i++) transport.publish("s", new Uint8Array(100_000));
  };
  expect(fill).toThrow(
    expect.objectContaining({
      reason: "LINK_SATURATED",
      outcome: "never-sent",
      retryable: true,
      data: { unconfirmedBytes: expect.any(Number), limitBytes: 8_000_000 },
    }),
  );
  server.resume();
  await until(() => transport.publish("s", new Uint8Array(100_000)));
  for (let i = 0; i < 300; i++) {
    transport.publish("s", new Uint8Array(100_000));
    if (i % 50 === 0) await transport.flush();
  }
});

test("close does not wait for a frozen broker", async () => {
  const server = await broker();
  const { transport } = client(server.url);
  await transport.connect();
  await server.pause();
  transport.publish("s", bytes("x"));
  await transport.close();
  expect(transport.connected).toBe(false);
});

test("a broker frozen before the greeting costs one connection at a time, and none after close", async () => {
  const server = await broker();
  await server.pause();
  const before = openSockets();
  let rounds = 0;
  const random = () => rounds++ * 0;
  const transport = nats({ ...quick, servers: server.url, connectTimeout: "30ms" }, { random });
  toClose.push(() => transport.close());
  const alarms: string[] = [];
  transport.onAlarm(({ message }) => alarms.push(message));
  const connecting = expect(transport.connect()).rejects.toMatchObject({ reason: "TRANSPORT_CLOSED" });
  await until(() => expect(rounds).toBeGreaterThan(5));
  expect(alarms).toEqual([expect.stringContaining("did not greet within 30 ms")]);
  expect(openSockets() - before).toBeLessThanOrEqual(1);
  await transport.close();
  await connecting;
  await until(() => expect(openSockets()).toBe(before));
});

test("a server that is no NATS server is told of by name", async () => {
  const { createServer } = await import("node:http");
  const http = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as { port: number };
  const { transport, alarms } = client(`127.0.0.1:${port}`, { connectTimeout: "100ms" });
  transport.connect().catch(() => {});
  await until(() => expect(alarms.map(({ message }) => message).join()).toContain(`127.0.0.1:${port} did not greet`));
  await transport.close();
  http.close();
});

test("a process whose transport is closed ends by itself, also while the broker is frozen", async () => {
  const server = await broker();
  const script = `
    import { nats } from ${JSON.stringify(import.meta.resolve("@reeve/runtime/nats"))};
    const transport = nats({ servers: "${server.url}", pingInterval: "50ms", reconnectWait: "10ms", connectTimeout: "200ms" });
    let downs = 0;
    transport.onLink((up) => up || downs++);
    await transport.connect();
    console.log("connected");
    while (downs === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await transport.close();
    console.log("closed");
  `;
  const child = spawn(process.execPath, ["--conditions=reeve-source", "--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  toClose.push(async () => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  await server.pause();
  const [code] = await once(child, "exit");
  expect(code).toBe(0);
});

test("a message with malformed headers is told of and dropped; the next one comes", async () => {
  const server = await broker();
  const { transport, alarms } = client(server.url);
  await transport.connect();
  const got = collect(transport, "s");
  await settled(transport);
  const { createConnection } = await import("node:net");
  const raw = createConnection({ host: "127.0.0.1", port: server.port });
  const headers = "NATS/1.0\r\nbad name\x01: x\r\n\r\n";
  raw.write(
    `CONNECT {"headers":true,"verbose":false}\r\nHPUB s ${headers.length} ${headers.length + 1}\r\n${headers}x\r\nPUB s 1\r\ny\r\nPING\r\n`,
  );
  await until(() => expect(got).toEqual(["y"]));
  raw.destroy();
  expect(alarms).toMatchObject([{ kind: "message.malformed", subject: "s" }]);
});

/** Cluster ports take no part in the launcher's choice. */
function clusterPort(): number {
  return 10_000 + Math.floor(Math.random() * 4_999);
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
}
