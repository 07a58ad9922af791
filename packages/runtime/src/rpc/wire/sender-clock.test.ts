import { describe, expect, test } from "vitest";
import { SenderClock } from "./sender-clock.ts";

describe("SenderClock", () => {
  test("deducts what a message took above the shortest way", () => {
    const clock = new SenderClock();
    expect(clock.excess(1_000, 90_001)).toBe(0);
    expect(clock.excess(1_100, 90_101)).toBe(0);
    expect(clock.excess(1_200, 93_201)).toBeCloseTo(3_000, -1);
  });

  test("follows clocks that drift apart by less than 500 ppm over a day", () => {
    const clock = new SenderClock();
    let excess = 0;
    for (let sent = 0; sent < 86_400_000; sent += 60_000)
      excess = Math.max(excess, clock.excess(sent, 50 + sent * 1.0004));
    expect(excess).toBe(0);
  });
});
