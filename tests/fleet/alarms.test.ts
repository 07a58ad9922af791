import { call, contract } from "@reeve/contract";
import { nats } from "@reeve/nats";
import { connect, createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { type NatsServer, type NatsUser, natsServer, type RecordingLogger, recordingLogger } from "@reeve/testing";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";

const disks = contract("disk", "1.0", { where: call({ input: z.object({}), output: z.string() }) });
const diskManager = defineManager({
  contract: disks,
  setup: ({ address }) => ({ operations: { where: () => address } }),
});

const warning = vi.spyOn(process, "emitWarning");
afterEach(() => {
  expect(warning).not.toHaveBeenCalled();
  warning.mockClear();
});

/** May do all that a process does, but be called, and may not call. */
const restricted = (user: string): NatsUser => ({
  user,
  password: "secret",
  publish: ["reeve.sys.>", "_INBOX.>", "own.>"],
  subscribe: ["reeve.sys.>", `_INBOX.${user}.>`, "$SRV.>", "own.>"],
});

let broker: NatsServer;
beforeAll(async () => {
  broker = await natsServer({ users: [restricted("block-01"), restricted("cli")] });
});
afterAll(() => broker.close());

const link = (user: string) => nats({ servers: broker.url, user, password: "secret", reconnectWait: "20ms" });

/** Waits for a line that tells of such an alarm. */
function told(log: RecordingLogger, level: string, fields: object): Promise<void> {
  return expect
    .poll(() => log.lines)
    .toContainEqual(expect.objectContaining({ level, fields: expect.objectContaining(fields) }));
}

test("a supervisor's log tells which subscription the broker forbids", async () => {
  const log = recordingLogger();
  const store = sqlite({ path: ":memory:" });
  const supervisor = createSupervisor({ host: "block-01", transport: link("block-01"), store, log });
  supervisor.spawn(diskManager);
  await supervisor.start();
  const subject = "reeve.call.disk.v1.*.any.*";
  await told(log, "error", { alarm: "subscribe.denied", subject, host: "block-01", err: expect.any(Error) });
  await supervisor.stop();
});

test("a caller's log tells what the broker forbids, and which handler threw", async () => {
  const log = recordingLogger();
  const transport = link("cli");
  await using _caller = await connect({ transport, log });
  transport.publish("reeve.call.disk.v1.where.any.cli", new Uint8Array());
  await told(log, "error", { alarm: "publish.denied", subject: "reeve.call.disk.v1.where.any.cli" });
  const mistake = new Error("a handler's mistake");
  transport.subscribe("own.news", () => {
    throw mistake;
  });
  transport.publish("own.news", new Uint8Array());
  await told(log, "error", { alarm: "handler.failed", subject: "own.news", err: mistake });
});

test("a supervisor's and a caller's log warn while no broker can be reached", async () => {
  await broker.kill();
  const [host, caller] = [recordingLogger(), recordingLogger()];
  const store = sqlite({ path: ":memory:" });
  const supervisor = createSupervisor({ host: "block-01", transport: link("block-01"), store, log: host });
  const starting = supervisor.start();
  const connecting = connect({ transport: link("cli"), log: caller });
  await told(host, "warn", { alarm: "broker.unreachable" });
  await told(caller, "warn", { alarm: "broker.unreachable" });
  await broker.restart();
  await starting;
  await supervisor.stop();
  await (await connecting).close();
});

test("a caller that gave up waiting closes its transport, and hears no more of it", async () => {
  await broker.kill();
  const log = recordingLogger();
  const transport = link("cli");
  const controller = new AbortController();
  const connecting = connect({ transport, log, signal: controller.signal });
  await told(log, "warn", { alarm: "broker.unreachable" });
  controller.abort();
  await expect(connecting).rejects.toMatchObject({ reason: "CANCELLED" });
  const before = log.lines.length;
  await broker.restart();
  expect(() => transport.publish("nobody.hears", new Uint8Array())).toThrow(
    expect.objectContaining({ reason: "TRANSPORT_CLOSED" }),
  );
  expect(log.lines).toHaveLength(before);
});
