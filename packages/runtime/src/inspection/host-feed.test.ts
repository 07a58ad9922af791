import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { InspectionBus } from "./bus.ts";
import { ShownChildren } from "./child-frames.ts";
import type { EventFrame, ReplyFrame } from "./frame.ts";
import { HostFeed, type InspectableHost } from "./host-feed.ts";
import { HostPicture } from "./host-picture.ts";
import type { HostNews } from "./news.ts";
import { WatchedActor } from "./watched-actor.fixture.ts";

function house(more: Partial<InspectableHost> = {}) {
  const clock = new ManualClock();
  const bus = new InspectionBus();
  const host: InspectableHost = { host: "a", startedAt: 0, bus, ...more };
  const feed = new HostFeed({ host, clock, instance: "i" });
  const picture = new HostPicture("i");
  const heard: HostNews[] = [];
  const receive = (news: HostNews): void => {
    heard.push(structuredClone(news));
    picture.apply(news);
  };
  return { clock, bus, feed, picture, heard, receive };
}

test("the bus is observed, and a timer runs, only while somebody watches", () => {
  const { clock, bus, feed, receive } = house();
  expect([bus.watched, clock.pending]).toEqual([false, 0]);
  const one = feed.watch(receive);
  const other = feed.watch(receive);
  expect([bus.watched, clock.pending]).toEqual([true, 1]);
  one.end();
  one.end();
  expect(bus.watched).toBe(true);
  other.end();
  expect([bus.watched, clock.pending]).toEqual([false, 0]);
});

test("a late watcher is told of every live actor first, with its past, and of those that ended", () => {
  const { bus, feed, picture, receive } = house();
  const actor = new WatchedActor(bus, "volume/a");
  actor.move("degraded", "cause.raised", 7);
  const gone = new WatchedActor(bus, "network/a");
  gone.move("stopped", "kill", 8);
  gone.end();
  for (let index = 0; index < 450; index++) new WatchedActor(bus, `worker/a@${index}`);
  feed.watch(receive);
  expect(picture.actors.size).toBe(451);
  expect(picture.actors.get("volume/a#1")?.history).toMatchObject([
    { at: 7, event: "cause.raised", value: "degraded" },
  ]);
  expect([...picture.ended.values()]).toMatchObject([{ name: "network/a", snapshot: { value: "stopped" } }]);
});

test("the end of an incarnation and the start of the next, told at once, are both remembered", async () => {
  const { clock, bus, feed, picture, receive } = house();
  const actor = new WatchedActor(bus, "volume/a");
  feed.watch(receive);
  actor.move("stopped", "kill", 1);
  actor.end();
  const next = new WatchedActor(bus, "volume/a", 2);
  next.move("booting", "spawn", 2);
  next.move("serving", "boot.done", 3);
  await clock.advance(100);
  const steps = picture.actors.get("volume/a#2")!.history.map(({ event, epoch }) => `${event} ${epoch}`);
  expect(steps).toEqual(["kill 1", "spawn 2", "boot.done 2"]);
});

test("ten thousand messages make little news, and none goes uncounted", async () => {
  const { clock, bus, feed, heard, receive } = house();
  const actors = Array.from({ length: 100 }, (_, index) => new WatchedActor(bus, `worker/a@${index}`));
  feed.watch(receive);
  heard.length = 0;
  for (let index = 0; index < 10_000; index++) actors[index % 100]!.call("get");
  await clock.advance(100);
  const [news] = heard;
  expect(news!.messages!.length).toBeLessThanOrEqual(60);
  const counted = news!.messages!.reduce((sum, { count }) => sum + count, 0);
  expect(counted + news!.skipped!).toBe(10_000);
  expect(JSON.stringify(news).length).toBeLessThan(20_000);
});

test("an actor that flaps keeps its newest steps only", async () => {
  const { clock, bus, feed, heard, receive } = house();
  const actor = new WatchedActor(bus, "volume/a");
  feed.watch(receive);
  heard.length = 0;
  for (let index = 0; index < 1_000; index++) actor.move(index % 2 ? "serving" : "degraded", `event.${index}`);
  await clock.advance(100);
  expect(heard[0]!.changes!.map(({ event }) => event)).toEqual(
    Array.from({ length: 8 }, (_, index) => `event.${992 + index}`),
  );
});

test("what happened is numbered in its order, across actors, messages and changes, from one watcher to the next", async () => {
  const { clock, bus, feed, heard, receive } = house();
  const first = feed.watch(receive);
  const actor = new WatchedActor(bus, "volume/a");
  actor.call("create");
  actor.move("degraded", "cause.raised");
  await clock.advance(100);
  const { actors, messages, changes } = heard.at(-1)!;
  const seqs = [actors![0]!, messages![0]!, changes![0]!].map(({ seq }) => seq!);
  expect(seqs).toEqual([...seqs].sort((one, other) => one - other));
  first.end();
  feed.watch(receive);
  actor.call("get");
  await clock.advance(100);
  expect(heard.at(-1)!.messages![0]!.seq).toBeGreaterThan(seqs.at(-1)!);
});

test("more actors than one news holds are told in several, and nothing of one before it", async () => {
  const { clock, bus, feed, heard, picture, receive } = house();
  feed.watch(receive);
  heard.length = 0;
  for (let index = 0; index < 450; index++) new WatchedActor(bus, `worker/a@${index}`).move("degraded", "cause.raised");
  await clock.advance(100);
  expect(heard.map(({ actors, changes }) => [actors!.length, changes!.length])).toEqual([
    [200, 200],
    [200, 200],
    [50, 50],
  ]);
  expect([...picture.actors.values()].every(({ snapshot }) => snapshot.value === "degraded")).toBe(true);
});

test("a host that stops tells what happened last", () => {
  const { bus, feed, heard, receive } = house();
  const actor = new WatchedActor(bus, "volume/a");
  feed.watch(receive);
  actor.move("stopped", "drain");
  feed.close();
  expect(heard.slice(-2)).toMatchObject([{ changes: [{ event: "drain" }] }, { left: true }]);
});

test("children that come and go in thousands are counted, and those that stay are told", async () => {
  const { clock, bus, feed, heard, picture, receive } = house();
  const secrets = { names: new Set<string>(), hide: (text: string) => text };
  const children = new ShownChildren({ id: "volume/a#1", key: "volume/a", bus, clock, secrets });
  new WatchedActor(bus, "volume/a");
  feed.watch(receive);
  heard.length = 0;
  const begin = (id: string) =>
    children.began({ id, definition: { id: "disk" }, snapshot: () => ({ status: "active", value: "idle" }) });
  for (let index = 0; index < 250; index++) begin(`stays-${index}`);
  for (let index = 0; index < 5_000; index++) begin(`goes-${index}`).ended({ type: "gone" });
  await clock.advance(100);
  expect(picture.children.size).toBe(250);
  expect(heard.map(({ children }) => children!.length)).toEqual([200, 50]);
  expect(heard[0]!.skipped).toBe(5_000);
});

test("a payload is told only to who asks, cut to size, and forgotten in time", async () => {
  const { clock, bus, feed, heard, receive } = house();
  const actor = new WatchedActor(bus, "volume/a");
  feed.watch(receive);
  actor.call("create", { payload: { name: "db", blob: "x".repeat(50_000) } });
  await clock.advance(100);
  const message = heard.at(-1)!.messages![0]!;
  expect(message).toMatchObject({ operation: "create", payload: true });
  expect(JSON.stringify(heard)).not.toContain("db");
  const answer = feed.payload(message.seq);
  expect(answer).toMatchObject({ payload: { name: "db" } });
  expect(JSON.stringify(answer).length).toBeLessThan(3_000);
  for (let index = 0; index < 500; index++) {
    actor.call("create", { payload: index });
    await clock.advance(100);
  }
  expect(feed.payload(message.seq)).toBeUndefined();
});

test("once a second comes what the managers carry, and only of those where it changed", async () => {
  const { clock, bus, feed, heard, receive } = house();
  const busy = new WatchedActor(bus, "volume/a");
  new WatchedActor(bus, "network/a");
  feed.watch(receive);
  busy.calls = 5;
  heard.length = 0;
  await clock.advance(1_000);
  expect(heard.map(({ loads }) => loads)).toEqual([
    [{ id: "volume/a#1", inFlight: 0, queued: 0, calls: 5, errors: 0 }],
  ]);
  await clock.advance(1_000);
  expect(heard.at(-1)!.loads).toBeUndefined();
});

test("what inspect() shows is told in full of the actors that are looked at, and briefly of the others", () => {
  const { bus, feed, heard, receive } = house();
  const actor = new WatchedActor(bus, "volume/a");
  actor.own = { exports: Array.from({ length: 100 }, (_, index) => `export-${index}`) };
  const watch = feed.watch(receive);
  expect(JSON.stringify(heard)).not.toContain("export-99");
  watch.want({ focus: ["volume/a#1"], panels: [] });
  expect(JSON.stringify(heard.at(-1)!.details)).toContain("export-99");
});

test("a panel is read only while somebody looks, and one that throws says so", async () => {
  let read = 0;
  const { clock, feed, heard, receive } = house({
    panels: [
      {
        id: "good",
        title: "Good",
        read: () => ({ columns: [{ id: "n", label: "N" }], rows: [{ id: "1", cells: { n: ++read } }] }),
      },
      {
        id: "bad",
        title: "Bad",
        read: () => {
          throw new Error("no table today");
        },
      },
    ],
  });
  const watch = feed.watch(receive);
  expect(heard[0]!.host!.panels).toEqual([
    { id: "good", title: "Good" },
    { id: "bad", title: "Bad" },
  ]);
  await clock.advance(1_000);
  expect(read).toBe(0);
  watch.want({ focus: [], panels: ["good", "bad"] });
  const tables = heard.at(-1)!.tables!;
  expect(tables[0]).toMatchObject({ panel: "good", table: { rows: [{ cells: { n: 1 } }] } });
  expect(JSON.stringify(tables[1])).toContain("no table today");
});

test("a panel that answers later is shown a second later, one that hangs says so, and neither keeps the others waiting", async () => {
  const table = { columns: [{ id: "n", label: "N" }], rows: [{ id: "r", cells: { n: 1 } }] };
  let asked = 0;
  const hang = () => {
    asked++;
    return new Promise<never>(() => {});
  };
  const panels = [
    { id: "hangs", title: "Hangs", read: hang },
    { id: "later", title: "Later", read: async () => table },
    { id: "at once", title: "At once", read: () => table },
  ];
  const { clock, feed, heard, receive } = house({ panels });
  const watch = feed.watch(receive);
  const shown = () =>
    Object.fromEntries(
      heard.findLast(({ tables }) => tables)!.tables!.map(({ panel, table }) => [panel, table.rows[0]?.cells]),
    );
  watch.want({ focus: [], panels: panels.map(({ id }) => id) });
  expect(shown()).toEqual({ hangs: undefined, later: undefined, "at once": { n: 1 } });
  await clock.advance(1_000);
  expect(shown()).toEqual({ hangs: undefined, later: { n: 1 }, "at once": { n: 1 } });
  await clock.advance(2_000);
  expect(shown()).toEqual({ hangs: { error: "no answer for 3 s" }, later: { n: 1 }, "at once": { n: 1 } });
  expect(asked).toBe(1);
  watch.end();
});

test("of panels of one id, one that cannot be read takes no column from the others, and the lowest ranks come first", async () => {
  const columns = [{ id: "n", label: "N" }];
  const broken = () => {
    throw new Error("closed");
  };
  const many = Array.from({ length: 200 }, (_, index) => ({ id: `r${index}`, cells: { n: index } }));
  const reads = [
    broken,
    () => ({ columns, rows: many, totals: [{ id: "a", state: "s", count: 300 }] }),
    () => ({
      columns,
      rows: [{ id: "stuck", cells: { n: 1 }, rank: -1 }],
      totals: [{ id: "b", state: "s", count: 1 }],
    }),
    broken,
  ];
  const { feed, heard, receive } = house({ panels: reads.map((read) => ({ id: "p", title: "P", read })) });
  const watch = feed.watch(receive);
  watch.want({ focus: [], panels: ["p"] });
  const { table } = heard.findLast(({ tables }) => tables)!.tables![0]!;
  expect(table.columns).toEqual(columns);
  expect(table.rows).toHaveLength(200);
  expect(table.rows.slice(0, 3).map(({ id }) => id)).toEqual(["error", "error", "stuck"]);
  expect(table.totals).toEqual([
    { id: "a", state: "s", count: 300 },
    { id: "b", state: "s", count: 1 },
  ]);
  watch.end();
});

test("panels that managers bring later are told, and those of one id are one table", async () => {
  const table = (id: string) => ({ columns: [{ id: "n", label: "N" }], rows: [{ id, cells: { n: id } }] });
  const panels = [{ id: "p", title: "P", read: () => table("one") }];
  const { clock, feed, heard, picture, receive } = house({ panels });
  const watch = feed.watch(receive);
  panels.push({ id: "p", title: "P", read: () => table("two") }, { id: "q", title: "Q", read: () => table("three") });
  await clock.advance(1_000);
  expect(picture.facts!.panels.map(({ id }) => id)).toEqual(["p", "q"]);
  await clock.advance(1_000);
  expect(heard.at(-1)!.panels).toBeUndefined();
  watch.want({ focus: [], panels: ["p"] });
  expect(heard.at(-1)!.tables).toMatchObject([{ panel: "p", table: { rows: [{ id: "one" }, { id: "two" }] } }]);
});

test("an actor that was described before it had its epoch is known by its later id", async () => {
  const { clock, bus, feed, picture, receive } = house();
  const actor = new WatchedActor(bus, "volume/a", 0);
  feed.watch(receive);
  actor.epoch = 3;
  await clock.advance(1_000);
  expect([...picture.actors.keys()]).toEqual(["volume/a#3"]);
});

test("a watcher that throws is let go, and harms nobody else", async () => {
  const { clock, bus, feed, heard, receive } = house();
  feed.watch(() => {
    throw new Error("broken viewer");
  });
  feed.watch(receive);
  new WatchedActor(bus, "volume/a");
  await clock.advance(100);
  expect(heard.at(-1)!.actors).toHaveLength(1);
  expect(bus.watched).toBe(true);
});

test("a payload or an own state whose getters throw leaves the bus observed", async () => {
  const { clock, bus, feed, heard, receive } = house();
  const actor = new WatchedActor(bus, "volume/a");
  feed.watch(receive);
  const trap = Object.defineProperty({}, "value", {
    enumerable: true,
    get() {
      throw new Error("trap");
    },
  });
  actor.call("create", { payload: trap });
  actor.own = trap;
  actor.move("degraded", "cause.raised");
  actor.call("get");
  await clock.advance(100);
  expect(heard.at(-1)!.messages!.map(({ operation }) => operation)).toEqual(["create", "get"]);
  expect(JSON.stringify(heard.at(-1)!.changes)).toContain("cannot be shown: trap");
});

test("a host that stops says so", () => {
  const { clock, bus, feed, heard, receive } = house();
  feed.watch(receive);
  feed.close();
  expect(heard.at(-1)!.left).toBe(true);
  expect([bus.watched, clock.pending]).toEqual([false, 0]);
});

test("why a host is about to stop is told at once, and to whoever comes later", () => {
  const { feed, heard, receive } = house();
  feed.watch(receive);
  const why = { reason: "RESTARTS_EXHAUSTED", message: "volume/a failed" };
  feed.giveUp(why);
  expect(heard.at(-1)).toMatchObject({ gaveUp: why });
  const late: HostNews[] = [];
  feed.watch((news) => late.push(news));
  expect(late[0]).toMatchObject({ gaveUp: why });
  feed.close();
  expect(heard.at(-1)).toMatchObject({ left: true });
});

test("how a call ended is told by the number of the call", async () => {
  const { clock, bus, feed, heard, receive } = house();
  const actor = new WatchedActor(bus, "volume/a");
  feed.watch(receive);
  const call = (requestId: string) => {
    const event = { type: "call", operation: "get", requestId };
    const maker = { caller: "b", user: "ada" };
    const frame = { type: "event", id: actor.id, sourceId: undefined, event, maker, at: 0 } as const;
    bus.emit(frame);
    return frame;
  };
  const [quick, slow] = [call("r1"), call("r2")];
  bus.emit(replyTo(quick, { durationMs: 3, end: "done" }));
  await clock.advance(100);
  const told = heard.flatMap(({ messages = [] }) => messages);
  expect(told).toMatchObject([
    { requestId: "r1", maker: { caller: "b", user: "ada" } },
    { requestId: "r2", maker: { caller: "b", user: "ada" } },
  ]);
  expect(heard.at(-1)!.replies).toMatchObject([{ of: told[0]!.seq, durationMs: 3, end: "done" }]);
  const end = { reason: "NOT_SERVING", message: "it drains", outcome: "not-executed" };
  bus.emit(replyTo(slow, { durationMs: 200, end }));
  await clock.advance(100);
  expect(heard.at(-1)!.replies).toMatchObject([{ of: told[1]!.seq, durationMs: 200, end }]);
});

test("a thousand calls that end at once are told in as many news as it takes", async () => {
  const { clock, bus, feed, heard, receive } = house();
  const actor = new WatchedActor(bus, "volume/a");
  feed.watch(receive);
  const frames = [];
  for (let round = 0; round < 50; round++) {
    for (let each = 0; each < 20; each++) {
      const event = { type: "call", operation: "get" };
      const frame = { type: "event", id: actor.id, sourceId: undefined, event, at: 0 } as const;
      bus.emit(frame);
      frames.push(frame);
    }
    await clock.advance(100);
  }
  for (const frame of frames) bus.emit(replyTo(frame, { durationMs: 1, end: "done" }));
  await clock.advance(2_000);
  const ends = heard.map(({ replies = [] }) => replies.length).filter((count) => count > 0);
  expect(Math.max(...ends)).toBe(100);
  expect(ends.reduce((sum, count) => sum + count)).toBe(1_000);
});

function replyTo(to: EventFrame, told: Pick<ReplyFrame, "durationMs" | "end">): ReplyFrame {
  const { id, event } = to;
  const { operation = "", requestId = "r" } = event;
  return { type: "reply", to, id, callerName: undefined, operation, requestId, at: 0, ...told };
}
