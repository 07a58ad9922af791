import { expect, test } from "vitest";
import { KeyedLock } from "./keyed-lock.ts";

const free = new AbortController().signal;

test("work under one key runs one after the other in order of arrival, also after a failure; other keys do not wait", async () => {
  const lock = new KeyedLock();
  const trace: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = lock.hold("a", free, async () => {
    trace.push("a1 begins");
    await gate.promise;
    trace.push("a1 ends");
    throw new Error("a1 failed");
  });
  const second = lock.hold("a", free, async () => trace.push("a2"));
  const third = lock.hold("a", free, async () => trace.push("a3"));
  await lock.hold("b", free, async () => trace.push("b"));
  gate.resolve();
  await expect(first).rejects.toThrow("a1 failed");
  await Promise.all([second, third]);
  expect(trace).toEqual(["a1 begins", "b", "a1 ends", "a2", "a3"]);
});

test("who gives up waiting never runs, and does not let the next one in early", async () => {
  const lock = new KeyedLock();
  const trace: string[] = [];
  const gate = Promise.withResolvers<void>();
  const controller = new AbortController();
  const first = lock.hold("a", free, () => gate.promise);
  const second = lock.hold("a", controller.signal, async () => trace.push("second"));
  const third = lock.hold("a", free, async () => trace.push("third"));
  controller.abort(new Error("no patience"));
  await expect(second).rejects.toThrow("no patience");
  expect(trace).toEqual([]);
  gate.resolve();
  await Promise.all([first, third]);
  expect(trace).toEqual(["third"]);
  await expect(lock.hold("a", AbortSignal.abort(new Error("late")), async () => {})).rejects.toThrow("late");
});
