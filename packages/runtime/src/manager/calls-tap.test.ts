import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { InspectionBus, type InspectionFrame } from "../inspection/index.ts";
import { CallsTap } from "./calls-tap.ts";

const call = {
  operation: { name: "get" },
  requestId: "r",
  caller: "block-01",
  principal: { user: "ada", tenant: "acme", roles: [] },
};

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

test("a call is shown with who makes it, and its end with a message of a bounded length", () => {
  const bus = new InspectionBus();
  const frames: InspectionFrame[] = [];
  bus.observe((frame) => frames.push(frame));
  const tap = new CallsTap(bus, new ManualClock());
  const frame = tap.show(call, "a", undefined, {});
  expect(frame.maker).toEqual({ caller: "block-01", user: "ada", tenant: "acme" });
  const end = { reason: "NOT_SERVING", message: "x".repeat(1_000), outcome: "not-executed" };
  tap.showEnd({ to: frame, id: "a", callerName: undefined, operation: "get", requestId: "r", durationMs: 250, end });
  expect(frames).toEqual([frame, expect.objectContaining({ type: "reply", durationMs: 250 })]);
  expect(frames[1]).toMatchObject({ end: { reason: "NOT_SERVING", message: "x".repeat(500) } });
});
