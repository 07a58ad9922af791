import { expect, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";

test("timers fire in order of due time, and timers they arm fire in the same advance", async () => {
  const clock = new ManualClock();
  const fired: string[] = [];
  clock.setTimeout(() => fired.push(`late@${clock.now()}`), 20);
  clock.setTimeout(() => {
    fired.push(`early@${clock.now()}`);
    clock.setTimeout(() => fired.push(`nested@${clock.now()}`), 5);
  }, 10);
  const cleared = clock.setTimeout(() => fired.push("cleared"), 12);
  clock.clearTimeout(cleared);
  await clock.advance(30);
  expect(fired).toEqual(["early@10", "nested@15", "late@20"]);
  expect(clock.now()).toBe(30);
  expect(clock.pending).toBe(0);
});
