import { expect, test } from "vitest";
import { HostPicture } from "./host-picture.ts";
import type { ActorNews, ChildNews, HostNews } from "./news.ts";

const host = { host: "a", startedAt: 0, panels: [], acts: false };
const snapshot = {
  status: "active" as const,
  value: "serving",
  context: { causes: [], epoch: 1, inFlight: 0, queued: 0, calls: 0, errors: 0, startedAt: 0 },
};

function actor(name: string, epoch: number, history: ActorNews["history"] = []): ActorNews {
  return { id: `${name}#${epoch}`, name, definition: "d", snapshot, history, at: 0 };
}

function child(id: string, parentId: string): ChildNews {
  return { id, name: id, parentId, definition: "d", snapshot: { status: "active", value: "idle" }, at: 0 };
}

function news(seq: number, more: Partial<HostNews> = {}): HostNews {
  return { instance: "i", seq, at: 0, ...more };
}

test("a gap in the sequence is noticed, and what tells everything mends it", () => {
  const picture = new HostPicture("i");
  expect(picture.apply(news(4)).whole).toBe(false);
  expect(picture.apply(news(5, { host })).whole).toBe(true);
  expect(picture.apply(news(5, { more: true, actors: [actor("volume/a", 1)] })).whole).toBe(true);
  expect(picture.apply(news(6)).whole).toBe(true);
  expect(picture.apply(news(8)).whole).toBe(false);
  expect(picture.apply(news(8, { host })).whole).toBe(true);
});

test("figures of an actor that was never told show that something was missed", () => {
  const picture = new HostPicture("i");
  picture.apply(news(1, { host }));
  const loads = [{ id: "volume/a#1", inFlight: 0, queued: 0, calls: 1, errors: 0 }];
  expect(picture.apply(news(2, { loads })).whole).toBe(false);
});

test("an incarnation takes the place of the one before it and keeps its past", () => {
  const picture = new HostPicture("i");
  picture.apply(news(1, { host, actors: [actor("volume/a", 1)] }));
  const killed = { ...snapshot, value: "stopped", context: { ...snapshot.context, failure: "crashed" } };
  picture.apply(
    news(2, { changes: [{ id: "volume/a#1", event: "kill", snapshot: killed, at: 5 }], ended: ["volume/a#1"] }),
  );
  expect([...picture.ended.keys()]).toEqual(["volume/a#1"]);
  const spawn = { at: 6, epoch: 2, event: "spawn", value: "booting", causes: [] };
  picture.apply(news(3, { actors: [actor("volume/a", 2, [spawn])] }));
  expect(picture.ended.size).toBe(0);
  expect([...picture.actors.keys()]).toEqual(["volume/a#2"]);
  expect(picture.actors.get("volume/a#2")!.history).toEqual([
    { at: 5, epoch: 1, event: "kill", value: "stopped", causes: [], failure: "crashed" },
    spawn,
  ]);
});

test("a change that cannot be seen is not kept as a step", () => {
  const picture = new HostPicture("i");
  picture.apply(news(1, { host, actors: [actor("volume/a", 1)] }));
  picture.apply(news(2, { changes: [{ id: "volume/a#1", event: "reset", snapshot, at: 1 }] }));
  picture.apply(news(3, { changes: [{ id: "volume/a#1", event: "reset", snapshot, at: 2 }] }));
  expect(picture.actors.get("volume/a#1")!.history).toHaveLength(1);
});

test("a step that leads nowhere else is none, and what was told before is not told again", () => {
  const picture = new HostPicture("i");
  const step = { at: 1, event: "boot", value: "serving", causes: [], epoch: 1 };
  const told = { ...actor("volume/a", 1), history: [step] };
  expect(picture.apply(news(1, { host, actors: [told] })).steps).toEqual([{ name: "volume/a", step }]);
  expect(picture.apply(news(2, { actors: [told] })).steps).toEqual([]);
  const { snapshot } = told;
  const change = { id: told.id, event: "xstate.after.retry.manager.degraded", snapshot, at: 2 };
  expect(picture.apply(news(3, { changes: [change] })).steps).toEqual([]);
  const elsewhere = { ...change, snapshot: { ...snapshot, value: "degraded" }, at: 3 };
  expect(picture.apply(news(4, { changes: [elsewhere] })).steps).toMatchObject([
    { step: { value: "degraded", at: 3 } },
  ]);
});

test("what tells everything makes the same picture elsewhere", () => {
  const picture = new HostPicture("i");
  const actors = Array.from({ length: 25 }, (_, index) => actor(`worker/a@${index}`, 1));
  picture.apply(news(1, { host, definitions: { d: { id: "m" } }, actors }));
  picture.apply(news(2, { ended: ["worker/a@3#1"] }));
  const copy = new HostPicture("i");
  for (const part of picture.whole(0, 10)) expect(copy.apply(part).whole).toBe(true);
  expect(copy.actors).toEqual(picture.actors);
  expect(copy.ended).toEqual(picture.ended);
  expect(copy.definitions).toEqual(picture.definitions);
  expect(copy.apply(news(3)).whole).toBe(true);
});

test("of ended actors and of the past, only the newest are kept", () => {
  const picture = new HostPicture("i");
  picture.apply(news(1, { host }));
  for (let index = 0; index < 300; index++) {
    picture.apply(news(2 + index, { actors: [actor(`worker/a@${index}`, 1)], ended: [`worker/a@${index}#1`] }));
  }
  expect(picture.ended.size).toBe(100);
  expect([...picture.ended.keys()].at(-1)).toBe("worker/a@299#1");
});

test("children live below what they are told to be below, until they end or that does", () => {
  const picture = new HostPicture("i");
  const ids = () => [...picture.children.keys()];
  picture.apply(
    news(1, {
      host,
      actors: [actor("volume/a", 1), actor("network/a", 1)],
      children: [child("a", "volume/a#1"), child("b", "a"), child("c", "network/a#1"), child("d", "unknown")],
    }),
  );
  expect(ids()).toEqual(["a", "b", "c"]);
  const copy = new HostPicture("i");
  for (const part of picture.whole(0, 10)) copy.apply(part);
  expect(copy.children).toEqual(picture.children);
  const done = { id: "b", event: "done", snapshot: { status: "done" as const }, at: 1 };
  picture.apply(news(2, { childChanges: [done] }));
  expect(ids()).toEqual(["a", "c"]);
  picture.apply(news(3, { actors: [actor("volume/a", 2)] }));
  expect(ids()).toEqual(["c"]);
  picture.apply(news(4, { ended: ["network/a#1"] }));
  expect(ids()).toEqual([]);
});

test("what happened in one news is taken in its order, whichever list it stands in", () => {
  const picture = new HostPicture("i");
  picture.apply(news(1, { host, actors: [actor("volume/a", 1)] }));
  const stopped = { ...snapshot, value: "stopped" };
  const { whole } = picture.apply(
    news(2, {
      actors: [{ ...actor("volume/a", 2), at: 2, seq: 2 }],
      changes: [
        { id: "volume/a#1", event: "kill", snapshot: stopped, at: 1, seq: 1 },
        { id: "volume/a#2", event: "boot.done", snapshot, at: 3, seq: 3 },
      ],
    }),
  );
  expect(whole).toBe(true);
  expect(picture.actors.get("volume/a#2")!.history.map(({ event }) => event)).toEqual(["kill", "boot.done"]);
});
