import { expect, test } from "vitest";
import { LoopLateness } from "./loop-lateness.ts";

test("the last turn and the worst of a minute are known, and a timer that comes early is not late", () => {
  const lateness = new LoopLateness();
  expect([lateness.lastMs, lateness.worstMs]).toEqual([0, 0]);
  for (const ms of [3, 700, -1]) lateness.add(ms);
  expect([lateness.lastMs, lateness.worstMs]).toEqual([0, 700]);
  for (let turn = 0; turn < 60; turn++) lateness.add(2);
  expect([lateness.lastMs, lateness.worstMs]).toEqual([2, 2]);
});
