import { ManualClock } from "@reeve/runtime/internal";
import { expect, test } from "vitest";
import { Throttle } from "./throttle.ts";

test("ten turns are granted at once, ten a second from then on, and ten again after a quiet second", async () => {
  const clock = new ManualClock();
  const throttle = new Throttle(clock);
  const granted: number[] = [];
  const ask = (turns: number) => {
    for (let turn = 0; turn < turns; turn++) void throttle.turn().then(() => granted.push(clock.now()));
  };
  ask(13);
  await clock.advance(1_000);
  expect(granted).toEqual([...Array.from({ length: 10 }, () => 0), 100, 200, 300]);
  await clock.advance(1_000);
  granted.length = 0;
  ask(11);
  await clock.advance(1_000);
  expect(granted).toEqual([...Array.from({ length: 10 }, () => 2_000), 2_100]);
});
