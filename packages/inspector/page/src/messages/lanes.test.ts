import { expect, test } from "vitest";
import { MessageRing } from "../state/message-ring.ts";
import { lanesOf } from "./lanes.ts";

let numbers = 0;
function ringOf(calls: readonly (readonly [from: string | undefined, to: string, count: number])[]): MessageRing {
  const ring = new MessageRing();
  for (const [from, to, count] of calls) {
    numbers += 1;
    ring.add("a", [
      { seq: numbers, at: numbers, to: `${to}#1`, type: "call", count, ...(from && { from: `${from}#1` }) },
    ]);
  }
  return ring;
}

test("everybody has a lane: callers from outside first, then the ten busiest, then the others, each part by name", () => {
  const names = Array.from({ length: 14 }, (_, index) => `m/${index}`);
  const ring = ringOf([
    [undefined, "m/3", 1],
    ...names.map((name, index) => [undefined, name, index < 4 ? 1 : 9] as const),
  ]);
  const busy = names.slice(4);
  expect(lanesOf(ring.all).names).toEqual(["outside", ...busy, ...names.slice(0, 4)]);
});

test("while nobody new comes, the lanes are the very same", () => {
  const ring = ringOf([["m/1", "m/2", 1]]);
  const lanes = lanesOf(ring.all);
  ring.add("a", [{ seq: 1_000, at: 1_000, from: "m/1#1", to: "m/2#1", type: "call", count: 1 }]);
  expect(lanesOf(ring.all, lanes)).toBe(lanes);
});
