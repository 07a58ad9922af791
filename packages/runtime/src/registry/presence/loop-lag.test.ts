import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { LoopLag } from "./loop-lag.ts";

function watched() {
  const clock = new ManualClock();
  const loop = { ticks: 0 };
  const watch = new LoopLag({ clock, ticks: () => loop.ticks, checkMs: 500 });
  const pass = async (ms: number) => {
    await clock.advance(ms);
    watch.check();
  };
  return { loop, watch, pass };
}

test("a loop that counts does not lag", async () => {
  const { loop, watch, pass } = watched();
  for (loop.ticks = 1; loop.ticks < 20; loop.ticks++) await pass(500);
  expect(watch.lagMs).toBe(0);
});

test("a loop that stands still lags by as long, less the time it has to count", async () => {
  const { loop, watch, pass } = watched();
  for (let i = 0; i < 12; i++) await pass(500);
  expect(watch.lagMs).toBe(5_500);
  loop.ticks += 1;
  await pass(500);
  expect(watch.lagMs).toBe(0);
});

test("a pause of the whole process is not held against the loop", async () => {
  const { watch, pass } = watched();
  await pass(60_000);
  expect(watch.lagMs).toBe(500);
});
