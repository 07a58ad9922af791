import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { InspectionBus } from "./bus.ts";
import { type ChildActor, ShownChildren } from "./child-frames.ts";
import type { ChildSnapshot, InspectionFrame } from "./frame.ts";

function manager() {
  const bus = new InspectionBus();
  const id = bus.newId("volume/a");
  const secrets = { names: new Set(["password"]), hide: (text: string) => text.replaceAll("marked", "[redacted]") };
  const children = new ShownChildren({ id, key: "volume/a", bus, clock: new ManualClock(), secrets });
  const seen: InspectionFrame[] = [];
  const watch = () => bus.observe((frame) => void seen.push(frame));
  let asked = 0;
  const actor = (name: string, more: Partial<ChildActor> = {}): ChildActor & { now: ChildSnapshot } => ({
    now: { status: "active", value: "idle", context: {} },
    ...{ id: name, definition: { id: "disk" } },
    snapshot() {
      asked += 1;
      return this.now;
    },
    ...more,
  });
  return { id, children, seen, watch, actor, asked: () => asked };
}

test("while nobody watches, an actor's steps are not even looked at", () => {
  const { children, actor, asked } = manager();
  const life = children.began(actor("disk-1"));
  life.took({ type: "rebuild" });
  life.changed({ type: "rebuild" });
  life.ended({ type: "done" });
  expect(asked()).toBe(0);
});

test("an actor is told of from its begin to its end, which comes once, and of nothing after", () => {
  const { id, children, seen, watch, actor } = manager();
  watch();
  const disk = actor("disk-1");
  const life = children.began(disk);
  life.took({ type: "rebuild" });
  disk.now = { status: "done", value: "whole", output: 7 };
  life.ended({ type: "rebuild" });
  life.ended({ type: "again" });
  life.took({ type: "late" });
  life.changed({ type: "late" });
  children.end();
  expect(seen).toMatchObject([
    { type: "child", id: "volume/a/disk-1#2", name: "disk-1", parentId: id, snapshot: { value: "idle" } },
    { type: "event", id: "volume/a/disk-1#2", event: { type: "rebuild" } },
    { type: "child.snapshot", event: { type: "rebuild" }, snapshot: { status: "done", value: "whole", output: 7 } },
  ]);
});

test("its manager's end ends it as stopped, and what begins after is not told", () => {
  const { children, seen, watch, actor } = manager();
  watch();
  children.began(actor("disk-1"));
  children.began(actor("disk-2", { parent: "disk-1" }));
  children.end();
  children.began(actor("disk-3"));
  const ends = seen.flatMap((frame) => (frame.type === "child.snapshot" ? [[frame.id, frame.snapshot.status]] : []));
  expect(ends).toEqual([
    ["volume/a/disk-2#3", "stopped"],
    ["volume/a/disk-1#2", "stopped"],
  ]);
  expect(seen.filter(({ type }) => type === "child")).toHaveLength(2);
});

test("an id that is used again is another actor's, and whoever sends is named by it while it lives", () => {
  const { children, seen, watch, actor } = manager();
  watch();
  children.began(actor("disk-1")).ended({ type: "gone" });
  const again = children.began(actor("disk-1"));
  again.took({ type: "self" }, "disk-1");
  again.took({ type: "other" }, "disk-9");
  expect(seen.slice(2)).toMatchObject([
    { type: "child", id: "volume/a/disk-1#3" },
    { type: "event", sourceId: "volume/a/disk-1#3" },
    { type: "event", sourceId: undefined },
  ]);
});

test("what a schema marks as secret is redacted in context, output and payloads; a snapshot that throws hides itself only", () => {
  const { children, seen, watch, actor } = manager();
  watch();
  const disk = actor("disk-1");
  disk.now = {
    status: "active",
    value: "idle",
    context: { login: { user: "ada", password: "31-41-59" }, last: "as marked" },
  };
  const life = children.began(disk);
  life.took({ type: "log.in", password: "31-41-59" } as { type: string });
  disk.snapshot = () => {
    throw new Error("no snapshot");
  };
  life.changed({ type: "log.in" });
  life.ended({ type: "log.out" });
  expect(JSON.stringify(seen)).not.toContain("31-41-59");
  expect(seen).toMatchObject([
    { snapshot: { context: { login: { user: "ada", password: "[redacted]" }, last: "as [redacted]" } } },
    { event: { payload: { password: "[redacted]" } } },
    { snapshot: { status: "active", context: { error: "[cannot be shown: no snapshot]" } } },
    { snapshot: { status: "stopped" } },
  ]);
});
