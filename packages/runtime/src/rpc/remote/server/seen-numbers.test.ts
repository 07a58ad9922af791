import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SeenNumbers } from "./seen-numbers.ts";

describe("SeenNumbers", () => {
  test("of a caller that loses nothing are one interval, however many there are", () => {
    const seen = new SeenNumbers();
    for (let number = 1; number <= 100_000; number++) seen.add(number);
    expect(seen.intervals).toBe(1);
    expect(seen.highest).toBe(100_000);
  });

  test("a number is new once, in whatever order they come", () => {
    const seen = new SeenNumbers();
    for (const number of [5, 2, 9, 3, 4, 1, 7]) expect(seen.add(number)).toBe(true);
    for (const number of [5, 2, 9, 3, 4, 1, 7]) expect(seen.add(number)).toBe(false);
    expect([6, 8, 10].map((number) => seen.has(number))).toEqual([false, false, false]);
    expect(seen.intervals).toBe(3);
  });

  test("what is below the floor counts as seen, and leaves one interval", () => {
    const seen = new SeenNumbers();
    for (const number of [2, 4, 6, 8, 10]) seen.add(number);
    seen.raise(7);
    expect([1, 3, 5, 6].every((number) => seen.has(number))).toBe(true);
    expect(seen.has(7)).toBe(false);
    expect(seen.intervals).toBe(3);
    seen.raise(3);
    expect(seen.has(7)).toBe(false);
    seen.raise(Number.MAX_SAFE_INTEGER);
    expect(seen.intervals).toBe(1);
  });

  test("are bounded: the lowest gap closes, and none of its numbers is new any more", () => {
    const seen = new SeenNumbers(0, 3);
    for (const number of [2, 4, 6]) expect(seen.add(number)).toBe(true);
    expect(seen.intervals).toBe(3);
    expect(seen.add(1)).toBe(false);
    expect(seen.add(3)).toBe(true);
    for (let number = 10; number < 100_000; number += 2) seen.add(number);
    expect(seen.intervals).toBe(3);
    expect(new SeenNumbers(7).add(7)).toBe(false);
  });

  test("do what a set does, and never forget a number", () => {
    const number = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
    const step = fc.record({ what: fc.constantFrom("add", "add", "add", "raise"), number });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 2, max: 64 }), (steps, most) => {
        const seen = new SeenNumbers(0, most);
        const set = new Set<number>();
        let floor = 1;
        let bounded = false;
        for (const one of steps) {
          if (one.what === "raise") {
            seen.raise(one.number);
            floor = Math.max(floor, one.number);
          } else {
            const fresh = !set.has(one.number) && one.number >= floor;
            const added = seen.add(one.number);
            // More gaps than there is room for: it may say that it knows a number that it does not, never the reverse.
            if (added) expect(fresh).toBe(true);
            else if (fresh) bounded = true;
            set.add(one.number);
          }
          expect(seen.intervals).toBeLessThanOrEqual(most);
          for (const known of set) expect(seen.has(known)).toBe(true);
        }
        if (most === 64 && steps.length < 60) expect(bounded).toBe(false);
      }),
    );
  });

  test("are exact while there is room for the gaps", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 })), (numbers) => {
        const seen = new SeenNumbers();
        const set = new Set<number>();
        for (const number of numbers) {
          expect(seen.add(number)).toBe(!set.has(number));
          set.add(number);
        }
        for (let number = 1; number <= 61; number++) expect(seen.has(number)).toBe(set.has(number));
      }),
    );
  });
});
