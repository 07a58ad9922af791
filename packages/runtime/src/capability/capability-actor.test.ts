import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { seededRandom } from "../base/random.ts";
import { recordingLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import { CapabilityActor, type CapabilityActorOptions } from "./capability-actor.ts";
import { decodeMessage } from "./codec.ts";
import type { CapabilityMessage } from "./message.ts";
import type { ReportedStatus } from "./status.ts";

const Stats = z.object({ free: z.number().nonnegative(), tier: z.string().optional() });
const ssd = { manager: "volume", address: "block-01@ssd", epoch: 7, schema: Stats } as const;

interface Bench {
  readonly actor: CapabilityActor;
  readonly clock: ManualClock;
  readonly log: ReturnType<typeof recordingLogger>;
  /** What was published and not looked at before. */
  taken(): CapabilityMessage[];
  sizes: number[];
  ask(subject?: string): void;
  connect(): Promise<void>;
}

async function bench(
  options: Partial<CapabilityActorOptions> & { payload?: number; down?: boolean } = {},
): Promise<Bench> {
  const { payload = 1_048_576, down = false, ...rest } = options;
  const hub = inProcess({ maxPayloadBytes: payload });
  const [transport, ear] = [hub.client(), hub.client()];
  const clock = new ManualClock();
  const log = recordingLogger();
  const messages: CapabilityMessage[] = [];
  const sizes: number[] = [];
  ear.subscribe("reeve.sys.capabilities", ({ data }) => {
    sizes.push(data.length);
    messages.push(decodeMessage(data)!);
  });
  await ear.connect();
  if (!down) await transport.connect();
  const actor = new CapabilityActor({
    clock,
    random: seededRandom(1),
    ids: () => "SENDER",
    transport,
    host: "block-01",
    log,
    ...rest,
  });
  onTestFinished(() => actor.close());
  return {
    actor,
    clock,
    log,
    sizes,
    taken: () => messages.splice(0),
    ask: (subject = "reeve.sys.capabilities.wanted") => ear.publish(subject, new Uint8Array(0)),
    connect: () => transport.connect(),
  };
}

test("nothing is sent until something was given", async () => {
  const { actor, clock, taken, ask } = await bench();
  const handle = actor.attach(ssd);
  handle.setStatus("ready");
  handle.update(null);
  handle.update(undefined);
  handle.refresh();
  ask();
  await clock.advance(60_000);
  expect(taken()).toEqual([]);
  expect(clock.pending).toBe(0);
  handle.update({ free: 5 });
  await clock.advance(0);
  const status = "ready";
  const entry = {
    manager: "volume",
    address: "block-01@ssd",
    epoch: 7,
    status,
    count: 1,
    ageMs: 0,
    full: true,
    set: { free: 5 },
  };
  expect(taken()).toEqual([
    { sender: "SENDER", host: "block-01", sequence: 1, snapshot: { part: 1, parts: 1 }, entries: [entry] },
  ]);
});

test("the timer sends one message for all managers, with what changed and how old it is", async () => {
  const { actor, clock, taken } = await bench();
  const a = actor.attach(ssd);
  const b = actor.attach({ ...ssd, address: "block-01@hdd", cluster: "rack-a" });
  a.update({ free: 5, tier: "gold" });
  b.update({ free: 9 });
  await clock.advance(0);
  taken();
  await clock.advance(2_000);
  a.update({ free: 4, tier: "gold" });
  b.update({ free: 9 });
  await clock.advance(8_000);
  const [message, ...more] = taken();
  expect(more).toEqual([]);
  expect(message).toMatchObject({ sequence: 2, snapshot: undefined });
  const [first, second] = message!.entries;
  expect(first).toMatchObject({ set: { free: 4 }, full: undefined, count: 2 });
  expect(first!.ageMs).toBeGreaterThan(6_900);
  expect(second).toMatchObject({ set: {}, count: 2, cluster: "rack-a" });
});

test("without news there is a sign of life in every interval", async () => {
  const { actor, clock, taken } = await bench({ intervalMs: 1_000 });
  actor.attach(ssd).update({ free: 5 });
  await clock.advance(0);
  taken();
  for (let second = 0; second < 20; second++) {
    await clock.advance(1_000);
    const messages = taken();
    expect(messages.length).toBeGreaterThanOrEqual(1);
    expect(messages.flatMap(({ entries }) => entries)).toEqual([]);
  }
});

test("a field that is gone makes the entry a full one", async () => {
  const { actor, clock, taken } = await bench();
  const handle = actor.attach(ssd);
  handle.update({ free: 5, tier: "gold" });
  await clock.advance(0);
  taken();
  handle.update({ free: 5 });
  await clock.advance(10_000);
  expect(taken().flatMap(({ entries }) => entries)).toMatchObject([{ full: true, set: { free: 5 } }]);
});

test.each<[ReportedStatus, ReportedStatus, boolean]>([
  ["starting", "ready", true],
  ["ready", "degraded", true],
  ["ready", "resetting", true],
  ["ready", "draining", true],
  ["degraded", "ready", true],
  ["degraded", "stopped", true],
  ["starting", "degraded", false],
  ["degraded", "draining", false],
  ["ready", "ready", false],
])("from %s to %s, schedulers hear at once: %s", async (from, to, atOnce) => {
  const { actor, clock, taken } = await bench();
  const handle = actor.attach(ssd);
  handle.update({ free: 5 });
  handle.setStatus(from);
  await clock.advance(0);
  taken();
  await clock.advance(5_000);
  handle.setStatus(to);
  await clock.advance(0);
  expect(taken().length).toBe(atOnce ? 1 : 0);
  await clock.advance(5_000);
  if (!atOnce && from !== to) expect(taken()[0]?.entries[0]).toMatchObject({ status: to, set: {} });
});

test("a manager that is detached is told to have stopped, once, and a late update does nothing", async () => {
  const { actor, clock, taken } = await bench();
  const handle = actor.attach(ssd);
  handle.update({ free: 5 });
  await clock.advance(1_000);
  taken();
  handle.detach();
  handle.detach();
  handle.update({ free: 1 });
  handle.setStatus("ready");
  await clock.advance(0);
  expect(taken().map(({ entries }) => entries)).toMatchObject([[{ status: "stopped", set: {} }]]);
  await clock.advance(60_000);
  expect(taken().flatMap(({ entries }) => entries)).toEqual([]);
});

test("a newer incarnation takes over: the old one stopped, its handle does nothing", async () => {
  const { actor, clock, taken } = await bench();
  const old = actor.attach(ssd);
  old.update({ free: 5 });
  await clock.advance(1_000);
  taken();
  const young = actor.attach({ ...ssd, epoch: 8 });
  young.update({ free: 6 });
  old.update({ free: 1 });
  old.detach();
  await clock.advance(0);
  expect(taken().flatMap(({ entries }) => entries)).toMatchObject([
    { epoch: 7, status: "stopped" },
    { epoch: 8, status: "starting", count: 1, full: true, set: { free: 6 } },
  ]);
  expect(() => actor.attach({ ...ssd, epoch: 8 })).toThrow("epoch: 8 is not above 8");
});

test("a reset tells everything of that manager again, at once", async () => {
  const { actor, clock, taken } = await bench();
  const handle = actor.attach(ssd);
  actor.attach({ ...ssd, address: "block-01" }).update({ free: 1 });
  handle.update({ free: 5 });
  await clock.advance(1_000);
  taken();
  handle.refresh();
  await clock.advance(0);
  expect(taken().map(({ entries }) => entries)).toMatchObject([
    [{ address: "block-01@ssd", full: true, set: { free: 5 } }],
  ]);
});

test.each(["reeve.sys.capabilities.wanted", "reeve.sys.capabilities.wanted.SENDER"])(
  "a question on %s is answered at once with everything",
  async (subject) => {
    const { actor, clock, taken, ask } = await bench();
    actor.attach(ssd).update({ free: 5 });
    actor.attach({ ...ssd, address: "block-01" }).update({ free: 6 });
    await clock.advance(1_000);
    taken();
    ask("reeve.sys.capabilities.wanted.ANOTHER");
    await clock.advance(0);
    expect(taken()).toEqual([]);
    ask(subject);
    await clock.advance(0);
    expect(taken()).toMatchObject([{ snapshot: { part: 1, parts: 1 }, entries: [{ full: true }, { full: true }] }]);
  },
);

test("everything is told again with every n-th message", async () => {
  const { actor, clock, taken } = await bench({ snapshotEvery: 3, intervalMs: 1_000 });
  actor.attach(ssd).update({ free: 5 });
  await clock.advance(8_000);
  const kinds = taken().map(({ snapshot }) => snapshot !== undefined);
  expect(kinds.slice(0, 7)).toEqual([true, false, false, true, false, false, true]);
});

test("a storm of changes and questions costs ten messages a second, after ten at once", async () => {
  const { actor, clock, taken, ask } = await bench();
  const handle = actor.attach(ssd);
  handle.update({ free: 5 });
  for (let ms = 0; ms < 2_000; ms += 5) {
    handle.setStatus(ms % 10 === 0 ? "ready" : "degraded");
    ask();
    await clock.advance(5);
  }
  const { length } = taken();
  expect(length).toBeGreaterThanOrEqual(28);
  expect(length).toBeLessThanOrEqual(31);
});

test("what exceeds one message is split, each within the transport's limit", async () => {
  const { actor, clock, taken, sizes } = await bench({ payload: 4_096 });
  for (let backend = 0; backend < 40; backend++) {
    actor.attach({ ...ssd, address: `block-01@b${backend}` }).update({ free: backend, tier: "é".repeat(100) });
  }
  await clock.advance(0);
  const messages = taken();
  expect(messages.length).toBeGreaterThan(3);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(4_096);
  expect(messages.map(({ sequence }) => sequence)).toEqual(messages.map((_, index) => index + 1));
  expect(messages.map(({ snapshot }) => snapshot)).toEqual(
    messages.map((_, index) => ({ part: index + 1, parts: messages.length })),
  );
  const addresses = messages.flatMap(({ entries }) => entries.map(({ address }) => address));
  expect(new Set(addresses).size).toBe(40);
});

test("while the link is down nothing is lost: everything is told once it is up, and the trouble is logged once", async () => {
  const { actor, clock, taken, log, connect } = await bench({ down: true, intervalMs: 1_000 });
  const handle = actor.attach(ssd);
  handle.update({ free: 5 });
  await clock.advance(5_000);
  handle.update({ free: 4 });
  const gone = actor.attach({ ...ssd, address: "block-01" });
  gone.update({ free: 1 });
  gone.detach();
  expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  await connect();
  await clock.advance(100);
  expect(taken()).toMatchObject([
    {
      sequence: 1,
      snapshot: { part: 1, parts: 1 },
      entries: [
        { address: "block-01", status: "stopped" },
        { address: "block-01@ssd", set: { free: 4 } },
      ],
    },
  ]);
  expect(log.lines.at(-1)).toMatchObject({ level: "info", message: "capabilities are sent again" });
});

test("closing tells what is untold and falls silent", async () => {
  const { actor, clock, taken, ask } = await bench();
  const handle = actor.attach(ssd);
  handle.update({ free: 5 });
  await clock.advance(0);
  taken();
  handle.detach();
  actor.close();
  actor.close();
  ask();
  await clock.advance(60_000);
  expect(taken()).toMatchObject([{ entries: [{ status: "stopped" }] }]);
  expect(clock.pending).toBe(0);
});

test("extra capabilities go along, and the manager's own come first", async () => {
  const { actor, clock, taken } = await bench();
  actor.attach({ ...ssd, extra: { availabilityZone: "az-1", free: 0 } }).update({ free: 5 });
  await clock.advance(0);
  expect(taken()[0]?.entries[0]?.set).toEqual({ availabilityZone: "az-1", free: 5 });
});

test("a measurement certain to show what is true now is the one after the next", async () => {
  const { actor } = await bench();
  const handle = actor.attach(ssd);
  expect(handle.visibleFrom()).toEqual({ epoch: 7, count: 2 });
  handle.update({ free: 5 });
  expect(handle.visibleFrom()).toEqual({ epoch: 7, count: 3 });
});

const anything = z.any();
const deep = (depth: number): object => (depth === 0 ? {} : { d: deep(depth - 1) });

test.each([
  ["the schema", Stats, { free: -1 }, /^capabilities of volume block-01@ssd: free: /],
  ["a wrong type", Stats, { free: "much" }, /free: /],
  ["text", anything, "much", /"much" is no object of named capabilities/],
  ["an array", anything, [1], /\[1\] is no object/],
  ["a number that is none", anything, { free: Number.NaN }, /: free: NaN is no finite number/],
  [
    "an infinite number",
    anything,
    { pools: [{ free: Number.POSITIVE_INFINITY }] },
    /: pools\.0\.free: Infinity is no finite/,
  ],
  ["a big integer", anything, { free: 1n }, /: free: 1 does not travel/],
  ["a function", anything, { free: () => 1 }, /: free: .* does not travel/],
  ["a date", anything, { at: new Date(0) }, /: at: .* does not travel/],
  [
    "a name that would change the object",
    anything,
    JSON.parse('{"__proto__":{"free":9}}'),
    /__proto__: the name is reserved/,
  ],
  ["too deep a tree", anything, deep(9), /nested deeper than 8/],
  ["too much", anything, { text: "é".repeat(2_000) }, /bytes, more than the \d+ a message may have/],
])("an update is refused for %s, and what was said before stands", async (_, schema, value, message) => {
  const { actor, clock, taken } = await bench({ payload: 4_096 });
  const handle = actor.attach({ ...ssd, schema });
  handle.update({ free: 5 });
  expect(() => handle.update(value as never)).toThrow(
    expect.objectContaining({ reason: "INVALID_INPUT", message: expect.stringMatching(message) }),
  );
  await clock.advance(0);
  expect(taken()[0]?.entries[0]).toMatchObject({ count: 1, set: { free: 5 } });
});

test("a schema that is asynchronous is refused", async () => {
  const { actor } = await bench();
  const handle = actor.attach({ ...ssd, schema: z.object({ free: z.number() }).refine(async () => false) });
  expect(() => handle.update({ free: 1 })).toThrow("its schema must not be asynchronous");
});

test.each([
  [{ manager: "a.b" }, 'manager: "a.b"'],
  [{ address: "block-01@" }, 'address: "block-01@"'],
  [{ cluster: "" }, 'cluster: ""'],
  [{ epoch: -1 }, "epoch: -1"],
  [{ epoch: 1.5 }, "epoch: 1.5"],
  [{ schema: {} }, "schema: {}"],
  [{ extra: { zone: Number.NaN } }, "zone: NaN"],
])("attach refuses %j", async (wrong, message) => {
  const { actor } = await bench();
  expect(() => actor.attach({ ...ssd, ...wrong } as never)).toThrow(
    expect.objectContaining({ reason: "INVALID_OPTION", message: expect.stringContaining(message) }),
  );
});

test("a status that does not exist is refused", async () => {
  const { actor } = await bench();
  expect(() => actor.attach(ssd).setStatus("well" as never)).toThrow('status: "well"');
});

test.each([
  [{ host: "a.b" }, 'host: "a.b"'],
  [{ namespace: "a.>" }, 'namespace: "a.>"'],
  [{ intervalMs: 0 }, "intervalMs: 0"],
  [{ snapshotEvery: 0 }, "snapshotEvery: 0"],
])("the actor refuses %j", async (wrong, message) => {
  await expect(bench(wrong)).rejects.toMatchObject({
    reason: "INVALID_OPTION",
    message: expect.stringContaining(message),
  });
});
