import { expect, test } from "vitest";
import { Disposers } from "./disposers.ts";
import { ManualClock } from "./manual-clock.ts";

function disposers() {
  const clock = new ManualClock();
  const lines: { readonly fields: object; readonly message: string }[] = [];
  const log = { lines, warn: (fields: object, message: string) => void lines.push({ fields, message }) };
  const ran: string[] = [];
  const made = new Disposers(log, clock);
  const add = (name: string, run: () => unknown = () => {}) =>
    made.add(name, () => {
      ran.push(name);
      return run();
    });
  return { clock, log, ran, made, add };
}

const never = () => new Promise<void>(() => {});

test("disposers run once each, last opened first, whatever throws", async () => {
  const { made, add, ran, log, clock } = disposers();
  add("first");
  add("second", () => {
    throw new Error("stuck");
  });
  add("third", () => Promise.reject(new Error("stuck too")));
  await Promise.all([made.run(1_000), made.run(1_000)]);
  await made.run(1_000);
  expect(ran).toEqual(["third", "second", "first"]);
  expect(log.lines.filter(({ message }) => message === "cleanup failed")).toHaveLength(2);
  expect(clock.pending).toBe(0);
});

test("what is opened while the rest is being closed is closed once, and waited for", async () => {
  const { made, add, ran, clock } = disposers();
  let release = () => {};
  add("slow", () => new Promise<void>((resolve) => (release = resolve)));
  const ended = made.run(1_000);
  add("late");
  release();
  await ended;
  expect(ran).toEqual(["slow", "late"]);
  add("later");
  await made.run(1_000);
  expect(ran).toEqual(["slow", "late", "later"]);
  expect(clock.pending).toBe(0);
});

test("one that hangs is abandoned after its time, and the next gets its own", async () => {
  const { made, add, ran, clock } = disposers();
  add("second", never);
  add("first", never);
  const ended = made.run(1_000);
  await clock.advance(1_999);
  expect(ran).toEqual(["first", "second"]);
  await clock.advance(1);
  await ended;
  expect(clock.pending).toBe(0);
});

test("a later run may leave what still runs less time, even none, and never more", async () => {
  const { made, add, ran, clock } = disposers();
  add("third");
  add("second", never);
  add("first", never);
  const ended = made.run(30_000);
  void made.run(60_000);
  await clock.advance(500);
  void made.run(1_000);
  await clock.advance(500);
  expect(ran).toEqual(["first", "second"]);
  await made.run(0);
  await ended;
  expect(ran).toEqual(["first", "second", "third"]);
  expect(clock.pending).toBe(0);
});

test("with no time left only what does not end at once is named as abandoned", async () => {
  const { made, add, ran, log, clock } = disposers();
  add("sync");
  add("hanging", never);
  add("quick", async () => Promise.resolve());
  await made.run(0);
  expect(ran).toEqual(["quick", "hanging", "sync"]);
  expect(log.lines.map(({ fields }) => fields)).toEqual([{ cleanup: "hanging", eachMs: 0 }]);
  expect(clock.pending).toBe(0);
});
