import { expect, test } from "vitest";
import { failure } from "../base/failure.test-kit.ts";
import { ManualClock } from "../base/manual-clock.ts";
import { recordingLogger } from "../telemetry/index.ts";
import { PlainSupervised } from "./child.fixture.ts";
import { Children } from "./children.ts";

function children(...keys: string[]) {
  const clock = new ManualClock();
  const log = recordingLogger();
  const told: string[] = [];
  const all = keys.map((key) => new PlainSupervised(key, told));
  const group = new Children<PlainSupervised>({ clock, log });
  for (const child of all) group.add(child);
  return { clock, log, told, all, group };
}

const goingOn = () => false;
const stopping = () => true;

test("each is opened when the last one's endpoints are open, in order of spawning", async () => {
  const { group, all, told } = children("a", "b", "c");
  const [a, b, c] = all as [PlainSupervised, PlainSupervised, PlainSupervised];
  const opened = group.open(goingOn);
  expect(told).toEqual(["a opens"]);
  await a.opens();
  expect(told).toEqual(["a opens", "b opens"]);
  await b.opens();
  await c.opens();
  await opened;
  expect(told).toEqual(["a opens", "b opens", "c opens"]);
});

test("what one failed with ends the start, and nothing after it is opened", async () => {
  const { group, all, told } = children("a", "b");
  const opened = failure(group.open(goingOn));
  await all[0]!.fails(new Error("no disk"));
  expect(await opened).toMatchObject({ message: "no disk" });
  expect(told).toEqual(["a opens"]);
});

test("one that is drained while it starts is no failure, but for a stop of all; the next is opened", async () => {
  const { group, all, told } = children("a", "b");
  const opened = group.open(goingOn);
  all[0]!.state = "stopping";
  await all[0]!.fails(new Error("stopped"));
  expect(told).toEqual(["a opens", "b opens"]);
  await all[1]!.opens();
  await opened;

  const other = children("a");
  const stopped = failure(other.group.open(stopping));
  other.all[0]!.state = "stopping";
  await other.all[0]!.fails(new Error("stopped"));
  expect(await stopped).toMatchObject({ message: "stopped" });
});

test("one that is added while another starts is opened too, and one at rest is left so", async () => {
  const { group, all, told } = children("a", "rests");
  all[1]!.state = "stopped";
  const opened = group.open(goingOn);
  const late = new PlainSupervised("late", told);
  group.add(late);
  await all[0]!.opens();
  await late.opens();
  await opened;
  expect(told).toEqual(["a opens", "late opens"]);
});

test("one that is added later and does not start is stopped and taken out again", async () => {
  const { group, told } = children("a");
  const late = new PlainSupervised("late", told);
  group.add(late);
  const opened = failure(group.openLate(late));
  await late.fails(new Error("no disk"));
  await late.stops();
  expect(await opened).toMatchObject({ message: "no disk" });
  expect(group.all.map(({ key }) => key)).toEqual(["a"]);
});

test("they stop in reverse, each when the one after it has", async () => {
  const { group, all, told, clock } = children("a", "b", "c");
  const stopped = group.stop(10_000, undefined);
  // At once: a call that comes from here on is refused.
  expect(told).toEqual(["c stops"]);
  await all[2]!.stops();
  expect(told).toEqual(["c stops", "b stops"]);
  await all[1]!.stops();
  await all[0]!.stops();
  await stopped;
  expect(told).toEqual(["c stops", "b stops", "a stops"]);
  expect(clock.pending).toBe(0);
});

test("what has not stopped in time is named and terminated, all at once", async () => {
  const { group, all, told, log, clock } = children("a", "b", "c");
  for (const child of all) child.alive = true;
  const stopped = group.stop(10_000, undefined);
  await all[2]!.stops();
  await clock.advance(10_000);
  await stopped;
  expect(told).toEqual(["c stops", "b stops", "a terminated", "b terminated", "c terminated"]);
  expect(log.lines.map(({ fields }) => fields.left)).toEqual([["a", "b"]]);
});

test("a stop while what they share is being opened waits for that, and names it when it takes too long", async () => {
  const { group, told, log, clock } = children("a");
  const stopped = group.stop(10_000, { name: "the opening", ended: new Promise(() => {}) });
  await clock.advance(9_999);
  expect(told).toEqual([]);
  await clock.advance(1);
  await stopped;
  expect(told).toEqual(["a terminated"]);
  expect(log.lines.map(({ fields }) => fields.left)).toEqual([["the opening"]]);
});
