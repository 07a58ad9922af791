import { expect, test } from "vitest";
import { actorBench as bench, ssd } from "./actor-bench.fixture.ts";
import type { ReportedStatus } from "./status.ts";

/** No field at all: `toMatchObject` takes `{}` for any object. */
const empty = expect.toSatisfy((fields: object) => Object.keys(fields).length === 0);

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
    {
      ...{ subject: "reeve.sys.capabilities.block-01", sender: "SENDER", host: "block-01", sequence: 1 },
      ...{ part: { part: 1, parts: 1 }, whole: true, last: false, entries: [entry] },
    },
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
  expect(message).toMatchObject({ sequence: 2, whole: false });
  const [first, second] = message!.entries;
  expect(first).toMatchObject({ set: { free: 4 }, full: undefined, count: 2 });
  expect(first!.ageMs).toBeGreaterThan(6_900);
  expect(second).toMatchObject({ set: empty, count: 2, cluster: "rack-a" });
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
  ["resetting", "degraded", true],
  ["starting", "degraded", false],
  ["degraded", "draining", false],
  ["degraded", "resetting", false],
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
  if (!atOnce && from !== to) expect(taken()[0]?.entries[0]).toMatchObject({ status: to, set: empty });
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
  expect(taken().map(({ entries }) => entries)).toMatchObject([[{ status: "stopped", set: empty }]]);
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

test("a question is answered at once with everything, to whom asked alone", async () => {
  const { actor, clock, taken, ask } = await bench();
  actor.attach(ssd).update({ free: 5 });
  actor.attach({ ...ssd, address: "block-01" }).update({ free: 6 });
  await clock.advance(1_000);
  taken();
  ask('{"senders":["ANOTHER"]}');
  await clock.advance(0);
  expect(taken()).toEqual([]);
  for (const question of ["", '{"senders":["OTHER","SENDER"]}']) {
    ask(question);
    await clock.advance(0);
    const [answer] = taken().filter(({ subject }) => subject.includes(".found."));
    expect(answer).toMatchObject({
      ...{ subject: "reeve.sys.found.capabilities.ear.block-01", whole: true },
      entries: [{ full: true }, { full: true }],
    });
  }
});

test.each(["reeve.sys.members.victim", "reeve.sys.found.capabilities.victim.x", "_INBOX.victim.1", "_INBOX.ear"])(
  "a question that wants its answer at %s is ignored, and that is told once",
  async (reply) => {
    const { actor, clock, taken, ask, log } = await bench();
    actor.attach(ssd).update({ free: 5 });
    await clock.advance(1_000);
    taken();
    ask("", reply);
    ask("", reply);
    await clock.advance(0);
    expect(taken()).toEqual([]);
    expect(log.lines).toMatchObject([{ level: "warn", fields: { kind: "reply", caller: "ear", what: reply } }]);
    ask("", "_INBOX.ear.1");
    await clock.advance(0);
    expect(taken().length).toBeGreaterThan(0);
  },
);

test("everything is told again with every n-th message", async () => {
  const { actor, clock, taken } = await bench({ snapshotEvery: 3, intervalMs: 1_000 });
  actor.attach(ssd).update({ free: 5 });
  await clock.advance(8_000);
  const kinds = taken().map(({ whole }) => whole);
  expect(kinds.slice(0, 7)).toEqual([true, false, false, true, false, false, true]);
});

test("a storm of changes and questions costs ten messages a second to each who hears them, after ten at once", async () => {
  const { actor, clock, taken, ask } = await bench();
  const handle = actor.attach(ssd);
  handle.update({ free: 5 });
  for (let ms = 0; ms < 2_000; ms += 5) {
    handle.setStatus(ms % 10 === 0 ? "ready" : "degraded");
    ask();
    await clock.advance(5);
  }
  const messages = taken();
  for (const answers of [true, false]) {
    const { length } = messages.filter(({ subject }) => subject.includes(".found.") === answers);
    expect(length).toBeGreaterThanOrEqual(28);
    expect(length).toBeLessThanOrEqual(31);
  }
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
  expect(messages.every(({ sequence, whole }) => sequence === 1 && whole)).toBe(true);
  expect(messages.map(({ part }) => part)).toEqual(
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
      ...{ sequence: 1, whole: true },
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

test("a measurement that has not begun yet shows what is true now; one that has does not", async () => {
  const { actor } = await bench();
  const handle = actor.attach(ssd);
  const read = Promise.withResolvers<{ free: number }>();
  expect(await handle.measure(() => ({ free: 5 }))).toEqual({ epoch: 7, count: 1 });
  expect(handle.visibleFrom()).toEqual({ epoch: 7, count: 2 });
  const measuring = handle.measure(() => read.promise);
  await Promise.resolve();
  expect(handle.visibleFrom()).toEqual({ epoch: 7, count: 3 });
  read.resolve({ free: 4 });
  expect(await measuring).toEqual({ epoch: 7, count: 2 });
  expect(handle.visibleFrom()).toEqual({ epoch: 7, count: 3 });
});

test("measurements are made one at a time, and one that fails counts for nothing", async () => {
  const { actor } = await bench();
  const handle = actor.attach(ssd);
  const first = Promise.withResolvers<{ free: number }>();
  const begun: string[] = [];
  const failing = handle.measure(() => {
    begun.push("first");
    return first.promise;
  });
  const second = handle.measure(() => {
    begun.push("second");
    return { free: 4 };
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual(["first"]);
  first.reject(new Error("no answer"));
  await expect(failing).rejects.toThrow("no answer");
  expect(await second).toEqual({ epoch: 7, count: 1 });
  expect(begun).toEqual(["first", "second"]);
});

test("where updates come beside what is measured, the next one is not trusted to show what is true now", async () => {
  const { actor } = await bench();
  const handle = actor.attach(ssd);
  await handle.measure(() => ({ free: 5 }));
  handle.update({ free: 4 });
  expect(handle.visibleFrom()).toEqual({ epoch: 7, count: 4 });
});

test("what is told goes out at once, and telling resolves when it has", async () => {
  const { actor, clock, taken } = await bench();
  const handle = actor.attach(ssd);
  await handle.measure(() => ({ free: 5 }));
  await clock.advance(0);
  taken();
  await handle.measure(() => ({ free: 4 }));
  const told: string[] = [];
  void handle.tell().then(() => told.push("told"));
  expect(taken()).toEqual([]);
  await clock.advance(0);
  expect(taken()).toMatchObject([{ entries: [{ count: 2, set: { free: 4 } }] }]);
  expect(told).toEqual(["told"]);
  await handle.tell();
  await clock.advance(0);
  expect(taken()).toEqual([]);
});

test("a storm of news costs few messages, and the last one says how it is", async () => {
  const { actor, clock, taken } = await bench();
  const handle = actor.attach(ssd);
  const told = new Set<number>();
  for (let free = 1; free <= 200; free++) {
    handle.update({ free });
    void handle.tell().then(() => told.add(free));
    await clock.advance(5);
  }
  await clock.advance(1_000);
  const messages = taken();
  expect(messages.length).toBeLessThanOrEqual(21);
  expect(messages.at(-1)?.entries).toMatchObject([{ set: { free: 200 } }]);
  expect(told.size).toBe(200);
});

test("nobody waits for news of a manager or a supervisor that is gone", async () => {
  const { actor } = await bench();
  const handle = actor.attach(ssd);
  handle.update({ free: 5 });
  const waiting = handle.tell();
  actor.close();
  await waiting;
  await handle.tell();
  handle.update({ free: 4 });
  expect(await handle.measure(() => ({ free: 3 }))).toBeUndefined();
});
