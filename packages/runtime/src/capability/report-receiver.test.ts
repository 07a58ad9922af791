import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { seededRandom } from "../base/random.ts";
import { memoryCounters, recordingLogger, silentLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import { CapabilityActor } from "./capability-actor.ts";
import { encodeEntry, encodeMessage } from "./codec.ts";
import type { CapabilityEntry, CapabilityMessage } from "./message.ts";
import { ReportReceiver, type ReportReceiverOptions } from "./report-receiver.ts";
import type { CapabilityReport } from "./reports.ts";

async function bench(options: Partial<ReportReceiverOptions> & { down?: boolean } = {}) {
  const hub = inProcess();
  const [transport, other] = [hub.client(), hub.client()];
  const clock = new ManualClock();
  const log = recordingLogger();
  const counters = memoryCounters();
  const asked: string[] = [];
  other.subscribe("reeve.sys.capabilities.wanted.>", ({ subject }) => void asked.push(subject.split(".").at(-1)!));
  other.subscribe("reeve.sys.capabilities.wanted", () => void asked.push("all"));
  await other.connect();
  if (!options.down) await transport.connect();
  const receiver = new ReportReceiver({ clock, transport, log, counters, ...options });
  onTestFinished(() => receiver.close());
  const publish = (data: Uint8Array | string) =>
    other.publish("reeve.sys.capabilities", typeof data === "string" ? new TextEncoder().encode(data) : data);
  return {
    hub,
    clock,
    log,
    counters,
    receiver,
    transport,
    asked,
    publish,
    listen() {
      const reports: CapabilityReport[] = [];
      const stop = receiver.subscribe((report) => reports.push(report));
      return { reports, stop };
    },
    async send(sequence: number, entries: Partial<CapabilityEntry>[], head: Partial<CapabilityMessage> = {}) {
      const texts = entries.map((entry) => encodeEntry({ ...blank, ...entry }));
      publish(encodeMessage({ sender: "S1", host: "block-01", sequence, ...head }, texts));
      await clock.advance(0);
    },
  };
}

const whole = { snapshot: { part: 1, parts: 1 } };
const blank: CapabilityEntry = {
  manager: "volume",
  address: "block-01",
  epoch: 1,
  status: "ready",
  count: 1,
  ageMs: 0,
  set: {},
};

test("what actors say reaches every listener, merged, with times on the receiver's own clock", async () => {
  const { hub, clock, receiver, listen } = await bench();
  const { reports } = listen();
  const theirs = new ManualClock();
  await theirs.advance(1_000_000);
  const link = hub.client();
  await link.connect();
  const options = { clock: theirs, random: seededRandom(1), ids: () => "S1", transport: link, log: silentLogger };
  const actor = new CapabilityActor({ ...options, host: "block-01" });
  const schema = z.object({ free: z.number(), tier: z.string() });
  const handle = actor.attach({ manager: "volume", address: "block-01@ssd", cluster: "rack-a", epoch: 3, schema });
  await clock.advance(50_000);
  handle.setStatus("ready");
  handle.update({ free: 10, tier: "gold" });
  await theirs.advance(0);
  handle.update({ free: 7, tier: "gold" });
  await theirs.advance(10_000);
  expect(reports).toHaveLength(2);
  expect(reports[1]).toEqual({
    manager: "volume",
    address: "block-01@ssd",
    cluster: "rack-a",
    epoch: 3,
    status: "ready",
    capabilities: { free: 7, tier: "gold" },
    count: 2,
    measuredAt: expect.any(Number),
    source: expect.objectContaining({ id: "S1", host: "block-01", heardAt: 50_000 }),
  });
  expect(reports[1]!.measuredAt).toBeGreaterThanOrEqual(40_000);
  expect(reports[1]!.measuredAt).toBeLessThan(50_000);
  expect(Object.isFrozen(reports[1]!.capabilities)).toBe(true);
  expect(receiver.clock).toBe(clock);
  actor.close();
});

test("a gap makes the receiver ask that sender, and differences wait for its snapshot", async () => {
  const { send, listen, asked, clock } = await bench();
  const { reports } = listen();
  await send(1, [{ full: true, set: { a: 1, b: 1 } }], whole);
  await send(3, [{ count: 3, set: { b: 3 } }]);
  expect(asked).toEqual(["S1"]);
  expect(reports.at(-1)).toMatchObject({ capabilities: { a: 1, b: 1 }, count: 1 });
  await send(4, [{ count: 4, set: { b: 4 } }]);
  expect(asked).toEqual(["S1"]);
  await clock.advance(1_000);
  await send(5, []);
  expect(asked).toEqual(["S1", "S1"]);
  await send(6, [{ count: 4, full: true, set: { a: 2, b: 4 } }], whole);
  await send(7, [{ count: 5, set: { b: 5 } }]);
  expect(reports.at(-1)).toMatchObject({ capabilities: { a: 2, b: 5 }, count: 5 });
  expect(asked).toHaveLength(2);
});

test("a status is believed even across a gap: a stop does not wait", async () => {
  const { send, listen } = await bench();
  const { reports } = listen();
  await send(1, [{ full: true, set: { a: 1 } }], whole);
  await send(5, [{ status: "stopped", count: 2, set: { a: 2 } }]);
  expect(reports.at(-1)).toMatchObject({ status: "stopped", capabilities: { a: 1 }, count: 1 });
});

test("repeated and overtaken messages change nothing", async () => {
  const { send, listen } = await bench();
  const { reports } = listen();
  await send(1, [{ full: true, set: { a: 1 } }], whole);
  await send(2, [{ count: 2, set: { a: 2 } }]);
  await send(2, [{ count: 9, set: { a: 9 } }]);
  await send(1, [{ full: true, count: 9, set: { a: 9 } }], whole);
  expect(reports.map(({ capabilities }) => capabilities)).toEqual([{ a: 1 }, { a: 2 }]);
});

test("an older epoch is ignored, a newer one replaces everything", async () => {
  const { send, listen } = await bench();
  const { reports } = listen();
  await send(1, [{ full: true, epoch: 5, set: { a: 1, b: 1 } }], whole);
  await send(2, [{ full: true, epoch: 4, set: { a: 4 } }]);
  await send(3, [{ epoch: 6, set: { a: 6 } }]);
  await send(4, [{ full: true, epoch: 6, set: { a: 6 } }]);
  expect(reports.map(({ epoch, capabilities }) => [epoch, capabilities])).toEqual([
    [5, { a: 1, b: 1 }],
    [6, { a: 6 }],
  ]);
});

test("what a whole snapshot does not name has stopped, whatever number of parts it has", async () => {
  const { send, listen, asked } = await bench();
  const { reports } = listen();
  const hosts = ["a", "b", "c", "d"].map((address) => ({ address, full: true as const }));
  await send(1, hosts, whole);
  reports.length = 0;
  await send(2, hosts.slice(0, 1), { snapshot: { part: 1, parts: 2 } });
  await send(3, hosts.slice(1, 2), { snapshot: { part: 2, parts: 2 } });
  const stopped = () => reports.filter(({ status }) => status === "stopped").map(({ address }) => address);
  expect(stopped()).toEqual(["c", "d"]);
  await send(4, hosts.slice(0, 1), { snapshot: { part: 1, parts: 3 } });
  await send(6, [], { snapshot: { part: 3, parts: 3 } });
  expect(stopped()).toEqual(["c", "d"]);
  expect(asked).toEqual(["S1"]);
});

test("who listens later is told what is known", async () => {
  const { send, listen } = await bench();
  const first = listen();
  await send(
    1,
    [
      { full: true, set: { a: 1 } },
      { address: "block-02", full: true, set: { a: 2 } },
    ],
    whole,
  );
  const second = listen();
  expect(second.reports).toEqual(first.reports);
  first.stop();
  await send(2, [{ count: 2, set: { a: 3 } }]);
  expect(first.reports).toHaveLength(2);
  expect(second.reports.at(-1)).toMatchObject({ capabilities: { a: 3 } });
});

test("after the last listener nothing is heard or kept", async () => {
  const { send, listen } = await bench();
  const first = listen();
  await send(1, [{ full: true, set: { a: 1 } }], whole);
  first.stop();
  first.stop();
  await send(2, [{ count: 2, set: { a: 2 } }]);
  const second = listen();
  expect(second.reports).toEqual([]);
});

test("a listener that throws is logged and harms nobody", async () => {
  const { send, listen, receiver, log } = await bench();
  receiver.subscribe(() => {
    throw new Error("mine");
  });
  const { reports } = listen();
  await send(1, [{ full: true }], whole);
  expect(reports).toHaveLength(1);
  expect(log.lines).toMatchObject([{ level: "error", fields: { err: { message: "mine" } } }]);
});

test("everybody is asked; while the link is down, once it is up", async () => {
  const { receiver, asked, transport, clock } = await bench({ down: true });
  receiver.request();
  await clock.advance(0);
  expect(asked).toEqual([]);
  await transport.connect();
  await clock.advance(0);
  expect(asked).toEqual(["all"]);
  receiver.request();
  await clock.advance(0);
  expect(asked).toEqual(["all", "all"]);
});

test("a sender silent for ten minutes is forgotten", async () => {
  const { send, listen, clock } = await bench();
  listen();
  await send(1, [{ full: true }], whole);
  await clock.advance(601_000);
  await send(1, [{ address: "block-02", full: true }], { ...whole, sender: "S2" });
  expect(listen().reports.map(({ address }) => address)).toEqual(["block-02"]);
});

test("once closed it hears nothing and asks nothing", async () => {
  const { receiver, send, listen, asked } = await bench();
  const { reports } = listen();
  receiver.close();
  receiver.request();
  const late = listen();
  await send(1, [{ full: true }], whole);
  expect([reports, late.reports, asked]).toEqual([[], [], []]);
});

const good = { type: "reeve.capabilities.v1", sender: "S1", host: "h", sequence: 1, entries: [] };
const entryOf = (wrong: object) => JSON.stringify({ ...good, entries: [{ ...blank, ...wrong }] });

test.each([
  ["no JSON", "{", "no JSON text"],
  ["bytes that are no text", Uint8Array.of(0xff, 0xfe), "no JSON text"],
  ["no object", "[]", "message"],
  ["no type", "{}", "type"],
  ["a sender that would reach another subject", JSON.stringify({ ...good, sender: "a.>" }), "sender: a.>"],
  ["no host", JSON.stringify({ ...good, host: "" }), "host"],
  ["a sequence below 1", JSON.stringify({ ...good, sequence: 0 }), "sequence: 0"],
  ["no entries", JSON.stringify({ ...good, entries: {} }), "entries"],
  ["a part beyond the parts", JSON.stringify({ ...good, snapshot: { part: 3, parts: 2 } }), "snapshot.part: 3"],
  ["an unknown status", entryOf({ status: "well" }), "entries.0.status: well"],
  ["a negative age", entryOf({ ageMs: -1 }), "entries.0.ageMs: -1"],
  ["a fractional epoch", entryOf({ epoch: 1.5 }), "entries.0.epoch: 1.5"],
  ["no count", entryOf({ count: 0 }), "entries.0.count: 0"],
  ["an address that is none", entryOf({ address: "a b" }), "entries.0.address: a b"],
  ["a manager that is none", entryOf({ manager: "*" }), "entries.0.manager: *"],
  ["a cluster that is none", entryOf({ cluster: "a.b" }), "entries.0.cluster: a.b"],
  ["full that is not true", entryOf({ full: "yes" }), "entries.0.full: yes"],
  ["fields that are no object", entryOf({ set: 7 }), "entries.0.set: 7"],
  [
    "a field that would change the object",
    entryOf({ set: {} }).replace('"set":{}', '"set":{"__proto__":{"x":1}}'),
    "entries.0.set: __proto__",
  ],
])("a message with %s is counted, logged once and ignored", async (_, data, naming) => {
  const { publish, clock, listen, counters, log, send } = await bench();
  const { reports } = listen();
  publish(data);
  publish(data);
  await clock.advance(0);
  expect(reports).toEqual([]);
  expect(counters.value("capabilities.ignored", { kind: "malformed" })).toBe(2);
  expect(log.lines).toHaveLength(1);
  expect(log.lines[0]).toMatchObject({
    level: "warn",
    fields: { err: { reason: "MALFORMED_FRAME", message: expect.stringContaining(naming) } },
  });
  await send(1, [{ full: true }], whole);
  expect(reports).toHaveLength(1);
});

test("a message of a type not known yet is counted and ignored", async () => {
  const { publish, clock, counters, listen, log } = await bench();
  listen();
  publish(JSON.stringify({ type: "reeve.capabilities.v2", anything: true }));
  await clock.advance(0);
  expect(counters.value("capabilities.ignored", { kind: "unknown" })).toBe(1);
  expect(log.lines).toHaveLength(1);
});

test("a malformed namespace is refused", async () => {
  await expect(bench({ namespace: "a.b" })).rejects.toMatchObject({ reason: "INVALID_OPTION" });
});

/** `count` managers' news in messages of as many as one may hold. */
async function flood(send: (sequence: number, entries: Partial<CapabilityEntry>[]) => Promise<void>, count: number) {
  for (let from = 0, sequence = 1; from < count; from += 2_048, sequence++) {
    const addresses = Array.from({ length: Math.min(2_048, count - from) }, (_, i) => `a-${from + i}`);
    await send(
      sequence,
      addresses.map((address) => ({ address, full: true })),
    );
  }
}

test("of one sender 16,384 managers are known, and those that are known are heard of further on", async () => {
  const { send, listen } = await bench();
  const { reports } = listen();
  await flood(send, 20_000);
  expect(reports).toHaveLength(16_384);
  await send(100, [
    { address: "a-5", full: true, count: 2 },
    { address: "new", full: true },
  ]);
  expect(reports.slice(16_384).map(({ address }) => address)).toEqual(["a-5"]);
  await send(1, [{ address: "honest", full: true }], { sender: "S2" });
  expect(reports.at(-1)).toMatchObject({ address: "honest" });
});

test("whoever brings more than is known of all senders together is ignored, and that is counted", async () => {
  const { send, listen, counters } = await bench({ maxReports: 100 });
  const { reports } = listen();
  for (let sender = 1; sender <= 3; sender++) {
    await flood((sequence, entries) => send(sequence, entries, { sender: `F${sender}` }), 50);
  }
  expect(reports).toHaveLength(100);
  expect(counters.value("capabilities.ignored", { kind: "crowded" })).toBe(1);
});
