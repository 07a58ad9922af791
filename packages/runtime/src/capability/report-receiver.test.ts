import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { seededRandom } from "../base/random.ts";
import type { GossipLink } from "../gossip/index.ts";
import { encodeGossip, type GossipHead } from "../gossip/message.ts";
import { memoryCounters, recordingLogger, silentLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import { CapabilityActor } from "./capability-actor.ts";
import { encodeEntry } from "./codec.ts";
import { type CapabilityEntry, messageType } from "./message.ts";
import { ReportReceiver, type ReportReceiverOptions } from "./report-receiver.ts";
import type { CapabilityReport } from "./reports.ts";

async function bench(options: Partial<ReportReceiverOptions> & { down?: boolean } = {}) {
  const hub = inProcess();
  const [transport, other] = [hub.client({ caller: "ours" }), hub.client({ caller: "block-01" })];
  const clock = new ManualClock();
  const log = recordingLogger();
  const counters = memoryCounters();
  const asked: string[] = [];
  other.subscribe("reeve.sys.wanted.capabilities.ours", ({ data }) => {
    asked.push(...(data.length === 0 ? ["all"] : JSON.parse(new TextDecoder().decode(data)).senders));
  });
  await other.connect();
  if (!options.down) await transport.connect();
  const receiver = new ReportReceiver({ clock, transport, log, counters, ...options });
  onTestFinished(() => receiver.close());
  const publish = (data: Uint8Array | string, subject = "reeve.sys.capabilities.block-01") =>
    other.publish(subject, typeof data === "string" ? new TextEncoder().encode(data) : data);
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
    async send(
      sequence: number,
      entries: Partial<CapabilityEntry>[],
      head: Partial<GossipHead> = {},
      subject?: string,
    ) {
      const texts = entries.map((entry) => encodeEntry({ ...blank, ...entry }));
      const rest = { part: { part: 1, parts: 1 }, whole: false, last: false };
      publish(
        encodeGossip(messageType, { sender: "S1", host: "block-01", sequence, ...rest, ...head }, texts),
        subject,
      );
      await clock.advance(0);
    },
  };
}

const whole = { whole: true };
const answer = "reeve.sys.found.capabilities.ours.block-01";
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
  const link = hub.client({ caller: "block-01" });
  await link.connect();
  const options = {
    clock: theirs,
    random: seededRandom(1),
    ids: () => "S1",
    transport: link,
    log: silentLogger,
    counters: memoryCounters(),
  };
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

test("a gap makes the receiver ask that sender, and differences wait for its answer", async () => {
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
  await send(5, [{ count: 4, full: true, set: { a: 2, b: 4 } }], whole, answer);
  await send(6, [{ count: 5, set: { b: 5 } }]);
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
  await send(2, hosts.slice(0, 1), { ...whole, part: { part: 1, parts: 2 } });
  await send(2, hosts.slice(1, 2), { ...whole, part: { part: 2, parts: 2 } });
  const stopped = () => reports.filter(({ status }) => status === "stopped").map(({ address }) => address);
  expect(stopped()).toEqual(["c", "d"]);
  await send(3, hosts.slice(0, 1), { ...whole, part: { part: 1, parts: 3 } });
  await send(3, [], { ...whole, part: { part: 3, parts: 3 } });
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

test("with the link back everybody whose reports may have been missed is asked by one question, not each by its own", async () => {
  const links = new Set<(up: boolean) => void>();
  const { hub, clock, asked } = await bench();
  const client = hub.client({ caller: "ours" });
  await client.connect();
  const transport: GossipLink = {
    caller: "ours",
    maxPayloadBytes: client.maxPayloadBytes,
    publish: (...message) => client.publish(...message),
    subscribe: (subject, handler) => client.subscribe(subject, handler),
    onLink: (listener) => {
      links.add(listener);
      return () => links.delete(listener);
    },
  };
  const receiver = new ReportReceiver({ clock, transport, log: silentLogger, counters: memoryCounters() });
  onTestFinished(() => receiver.close());
  receiver.subscribe(() => {});
  for (const up of [false, true]) for (const listener of links) listener(up);
  await clock.advance(0);
  // Nobody is known: nothing was missed.
  expect(asked).toEqual([]);
  const other = hub.client({ caller: "block-01" });
  await other.connect();
  const tell = (sender: string, sequence: number, all: boolean) => {
    const head = { sender, host: "block-01", sequence, part: { part: 1, parts: 1 }, whole: all, last: false };
    other.publish("reeve.sys.capabilities.block-01", encodeGossip(messageType, head, []));
  };
  for (let made = 0; made < 20; made++) tell(`S${made}`, 1, true);
  await clock.advance(0);
  for (const up of [false, true]) for (const listener of links) listener(up);
  await clock.advance(0);
  expect(asked).toEqual(["all"]);
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
  ["no JSON", "{", "expected JSON text"],
  ["bytes other than text", Uint8Array.of(0xff, 0xfe), "expected JSON text"],
  ["no object", "[]", "message"],
  ["no type", "{}", "type"],
  ["a sender that would reach another subject", JSON.stringify({ ...good, sender: "a.>" }), "sender: expected text"],
  ["no host", JSON.stringify({ ...good, host: "" }), "host"],
  ["a sequence below 0", JSON.stringify({ ...good, sequence: -1 }), "sequence: expected an integer"],
  ["no entries", JSON.stringify({ ...good, entries: {} }), "entries"],
  [
    "a part beyond the parts",
    JSON.stringify({ ...good, part: { part: 3, parts: 2 } }),
    'part.part: expected an integer from 1 to 2, got "3"',
  ],
  ["an unknown status", entryOf({ status: "well" }), "entries.0.status: expected"],
  ["a negative age", entryOf({ ageMs: -1 }), "entries.0.ageMs: expected"],
  ["a fractional epoch", entryOf({ epoch: 1.5 }), "entries.0.epoch: expected"],
  ["no count", entryOf({ count: 0 }), "entries.0.count: expected"],
  ["a malformed address", entryOf({ address: "a b" }), "entries.0.address: expected"],
  ["a malformed manager", entryOf({ manager: "*" }), "entries.0.manager: expected"],
  ["a malformed cluster", entryOf({ cluster: "a.b" }), "entries.0.cluster: expected"],
  ["full that is not true", entryOf({ full: "yes" }), "entries.0.full: expected"],
  ["fields other than an object", entryOf({ set: 7 }), "entries.0.set: expected"],
  [
    "a field that would change the object",
    entryOf({ set: {} }).replace('"set":{}', '"set":{"__proto__":{"x":1}}'),
    "entries.0.set: expected no field",
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

test("what one caller token makes up takes no room from others, however many names it goes by", async () => {
  const { send, listen, counters, log, receiver } = await bench({ maxReports: 100 });
  listen();
  await send(1, [{ address: "honest", full: true }], { ...whole, sender: "H1" }, "reeve.sys.capabilities.honest");
  for (let sender = 1; sender <= 3; sender++) {
    await flood((sequence, entries) => send(sequence, entries, { sender: `F${sender}` }), 90);
  }
  const known: string[] = [];
  receiver.subscribe(({ address }) => known.push(address));
  expect(known).toHaveLength(100);
  expect(known).toContain("honest");
  expect(counters.value("capabilities.ignored", { kind: "crowded" })).toBe(171);
  expect(log.lines.filter(({ fields }) => (fields as { kind?: string }).kind === "crowded")).toHaveLength(1);
});

test("what evicts a report says that it stopped", async () => {
  const { send, listen } = await bench({ maxReports: 2 });
  const { reports } = listen();
  await send(
    1,
    ["a", "b", "c"].map((address) => ({ address, full: true })),
    whole,
  );
  expect(reports.map(({ address, status }) => `${address} ${status}`)).toContain("a stopped");
});

test("an address is reported on by the caller token that did so first, until that says that it stopped", async () => {
  const { send, listen, counters, log } = await bench();
  const { reports } = listen();
  const forged = "reeve.sys.capabilities.forger";
  await send(1, [{ full: true, set: { freeGiB: 10 } }], whole);
  for (let sequence = 1; sequence <= 3; sequence++) {
    const lie = { full: true, epoch: 2 ** 53 - 1, count: 99, status: "draining", set: { freeGiB: 3e9 } } as const;
    await send(sequence, [lie], { sender: "F1" }, forged);
  }
  expect(reports).toHaveLength(1);
  expect(counters.value("capabilities.ignored", { kind: "claimed" })).toBe(3);
  expect(log.lines).toMatchObject([
    { level: "warn", fields: { kind: "claimed", caller: "forger", what: "volume block-01" } },
  ]);
  await send(2, [{ count: 2, set: { freeGiB: 9 } }]);
  expect(reports.at(-1)).toMatchObject({ epoch: 1, capabilities: { freeGiB: 9 } });
  await send(3, [{ count: 2, status: "stopped", set: {} }]);
  await send(4, [{ full: true, epoch: 9, set: {} }], { sender: "F1" }, forged);
  expect(reports.at(-1)).toMatchObject({ epoch: 9, source: { id: "F1" } });
});

test("whoever reported first and then is silent for three intervals is overruled", async () => {
  const { send, listen, clock } = await bench();
  const { reports } = listen();
  await send(1, [{ full: true, set: { freeGiB: 3e9 } }], { sender: "F1" }, "reeve.sys.capabilities.forger");
  await send(1, [{ full: true, set: { freeGiB: 10 } }], whole);
  await clock.advance(29_000);
  await send(2, [{ full: true, set: { freeGiB: 10 } }], whole);
  expect(reports).toHaveLength(1);
  await clock.advance(1_001);
  await send(3, [{ full: true, set: { freeGiB: 10 } }], whole);
  expect(reports.at(-1)).toMatchObject({ capabilities: { freeGiB: 10 }, source: { id: "S1" } });
});

test("a sender belongs to the caller token that it was first heard under, and nobody is believed without one", async () => {
  const { send, listen, counters } = await bench();
  const { reports } = listen();
  await send(1, [{ full: true }], whole);
  await send(2, [{ count: 2, status: "draining", set: {} }], {}, "reeve.sys.capabilities.forger");
  await send(1, [{ full: true, address: "x" }], { sender: "S9" }, "reeve.sys.capabilities.anonymous");
  expect(reports).toHaveLength(1);
  for (const kind of ["foreign", "anonymous"]) expect(counters.value("capabilities.ignored", { kind })).toBe(1);
  await send(2, [{ count: 2, set: { a: 1 } }]);
  expect(reports.at(-1)).toMatchObject({ count: 2, status: "ready" });
});
