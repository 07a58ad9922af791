import { expect, test } from "vitest";
import { KeyedLocks } from "./keyed-locks.ts";

const never = new AbortController().signal;

/** Takes a lock and keeps it until told. */
function hold(locks: KeyedLocks, how: "shared" | "exclusive", key = "a", signal = never) {
  const entered = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  let isIn = false;
  const done = locks[how](key, signal, async () => {
    isIn = true;
    entered.resolve();
    await left.promise;
    isIn = false;
  });
  return { entered: entered.promise, leave: left.resolve, done, isIn: () => isIn };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("many share a lock, and one that wants it alone waits for all of them", async () => {
  const locks = new KeyedLocks();
  const [one, two] = [hold(locks, "shared"), hold(locks, "shared")];
  await Promise.all([one.entered, two.entered]);
  const alone = hold(locks, "exclusive");
  one.leave();
  await one.done;
  await turn();
  expect(alone.isIn()).toBe(false);
  two.leave();
  await alone.entered;
  expect(two.isIn()).toBe(false);
  alone.leave();
  await alone.done;
});

test("one that wants it alone is not passed by others that come later", async () => {
  const locks = new KeyedLocks();
  const first = hold(locks, "shared");
  await first.entered;
  const alone = hold(locks, "exclusive");
  const later = hold(locks, "shared");
  await turn();
  expect([alone.isIn(), later.isIn()]).toEqual([false, false]);
  first.leave();
  await alone.entered;
  await turn();
  expect(later.isIn()).toBe(false);
  alone.leave();
  await later.entered;
  later.leave();
});

test("names do not wait for each other, and what is thrown gives the lock back", async () => {
  const locks = new KeyedLocks();
  const alone = hold(locks, "exclusive", "a");
  await alone.entered;
  await hold(locks, "exclusive", "b").entered;
  alone.leave();
  await expect(locks.exclusive("a", never, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await hold(locks, "exclusive", "a").entered;
});

test("one that waits leaves with its signal, and those behind it enter", async () => {
  const locks = new KeyedLocks();
  const first = hold(locks, "shared");
  await first.entered;
  const gone = new AbortController();
  const alone = hold(locks, "exclusive", "a", gone.signal);
  const behind = hold(locks, "shared");
  gone.abort(new Error("out of time"));
  await expect(alone.done).rejects.toThrow("out of time");
  await behind.entered;
  await expect(locks.shared("a", gone.signal, async () => {})).rejects.toThrow("out of time");
});
