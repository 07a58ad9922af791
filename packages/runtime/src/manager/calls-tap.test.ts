import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { InspectionBus } from "../inspection/index.ts";
import { CallsTap } from "./calls-tap.ts";

const call = { operation: { name: "get" }, requestId: "r" };

test("at most two hundred calls a second are shown, and each says how many it stands for", async () => {
  const clock = new ManualClock();
  const bus = new InspectionBus();
  const shown: number[] = [];
  bus.observe((frame) => {
    if (frame.type === "event") shown.push(frame.event.count ?? 1);
  });
  const tap = new CallsTap(bus, clock);
  const make = (calls: number): void => {
    for (let index = 0; index < calls; index++) if (tap.admits()) tap.show(call, "a", undefined, {});
  };
  make(1_000);
  expect(shown).toHaveLength(200);
  await clock.advance(1_000);
  make(1_000);
  expect(shown.length).toBeGreaterThan(380);
  expect(shown.length).toBeLessThanOrEqual(400);
  const told = shown.reduce((sum, count) => sum + count, 0);
  await clock.advance(1_000);
  make(64);
  expect(shown.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(told + 64);
  expect(told).toBeGreaterThan(1_200);
});

test("a quiet manager has each of its calls shown", async () => {
  const clock = new ManualClock();
  const tap = new CallsTap(new InspectionBus(), clock);
  for (let index = 0; index < 500; index++) {
    expect(tap.admits()).toBe(true);
    tap.show(call, "a", undefined, {});
    await clock.advance(10);
  }
});
