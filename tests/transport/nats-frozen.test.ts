import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { nats } from "@reeve/nats";
import { expect, test } from "vitest";
import { bytes, settled, until } from "./messages.ts";
import { address, afterTest, alert, broker, client, proxied, quick } from "./nats-clients.ts";

test("a half-open link is noticed by the pings, and replaced", async () => {
  const server = await broker();
  const proxy = await proxied(server);
  const { transport, links } = client(address(proxy), alert);
  await transport.connect();
  proxy.halfOpen();
  await until(() => expect(links.slice(0, 3)).toEqual([true, false, true]));
});

test("also with more unsent than the socket takes, where nats.js alone would wait for TCP to give up", async () => {
  const server = await broker();
  const proxy = await proxied(server);
  const { transport, links } = client(address(proxy), alert);
  await transport.connect();
  proxy.blackhole();
  for (let i = 0; i < 40; i++) transport.publish("s", new Uint8Array(1_000_000));
  const flushing = expect(transport.flush()).rejects.toMatchObject({ reason: "LINK_LOST", outcome: "maybe-executed" });
  await until(() => expect(links).toEqual([true, false]));
  await flushing;
  await proxy.heal();
  await until(() => expect(links.slice(0, 3)).toEqual([true, false, true]));
});

test("a reset link is replaced", async () => {
  const server = await broker();
  const proxy = await proxied(server);
  const { transport, links } = client(address(proxy));
  await transport.connect();
  proxy.reset();
  await until(() => expect(links).toEqual([true, false, true]));
});

test.each([
  ["sends nothing but answers to pings", "PONG\r\n"],
  ["has much to send before its answers", "MSG s 1 2\r\nhi\r\n"],
])("a broker that %s is not taken for lost", async (_, answer) => {
  let most = 0;
  const server = createTcpServer((socket) => {
    let pings = 0;
    socket.write('INFO {"server_id":"x","version":"2.9.10","max_payload":1048576,"proto":1,"headers":true}\r\n');
    socket.on("error", () => {});
    socket.on("data", (data) => {
      for (const _ of data.toString().matchAll(/PING\r\n/g)) {
        most = Math.max(most, ++pings);
        // The first is part of the greeting.
        socket.write(pings === 1 ? "PONG\r\n" : answer);
      }
    });
  }).listen(0, "127.0.0.1");
  afterTest(async () => void server.close());
  await once(server, "listening");
  const { transport, links } = client(address(server.address() as AddressInfo), alert);
  await transport.connect();
  await until(() => expect(most).toBeGreaterThan(6));
  expect(links).toEqual([true]);
});

test("a flush does not wait for a frozen broker longer than told", async () => {
  const server = await broker();
  const { transport, links } = client(server.url, { flushTimeout: "50ms" });
  await transport.connect();
  await server.pause();
  await expect(transport.flush()).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect(links).toEqual([true]);
  server.resume();
  await transport.flush();
});

test("a drain over a frozen broker ends too", async () => {
  const server = await broker();
  const { transport } = client(server.url, { flushTimeout: "50ms" });
  await transport.connect();
  const subscription = transport.subscribe("s", () => {});
  await settled(transport);
  await server.pause();
  let ended = false;
  const drained = subscription.drain().then(() => {
    ended = true;
  });
  // As long as a drain waits for the broker; it says nothing in that time.
  await expect(transport.flush()).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  await until(() => expect(ended).toBe(true));
  await drained;
  server.resume();
});

test("what a broker that stopped reading has not confirmed is bounded", async () => {
  const server = await broker();
  const { transport } = client(server.url, { maxUnconfirmedBytes: 8_000_000 });
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
  afterTest(() => transport.close());
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
    import { nats } from ${JSON.stringify(import.meta.resolve("@reeve/nats"))};
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
  afterTest(async () => void child.kill("SIGKILL"));
  // Listened for from the start: on a busy machine the link may be down, and the process at its end, before the broker is frozen.
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  await server.pause();
  expect(await exited).toEqual([0, null]);
});

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
}
