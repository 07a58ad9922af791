import { createConnection } from "node:net";
import { expect, test } from "vitest";
import { bytes, collect, settled, until } from "./messages.ts";
import { address, broker, client } from "./nats-clients.ts";

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

test("a message with malformed headers is told of and dropped; the next one comes", async () => {
  const server = await broker();
  const { transport, alarms } = client(server.url);
  await transport.connect();
  const got = collect(transport, "s");
  await settled(transport);
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
