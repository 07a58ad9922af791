import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { IdTable } from "../../../base/id-table.ts";
import { KeptAnswers } from "./kept-answers.ts";

const answer = (bytes = 1) => ({ kept: () => bytes, dropped: () => bytes });

describe("KeptAnswers", () => {
  test("are free once the caller says that it has them: below the floor, and in ranges above it", () => {
    const kept = new KeptAnswers();
    for (let number = 1; number <= 10; number++) kept.keep(number, answer());
    kept.acknowledge(4, [6, 7, 9, 9]);
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter((number) => kept.get(number))).toEqual([4, 5, 8, 10]);
    kept.acknowledge(6, [6, 10]);
    expect(kept.size).toBe(0);
  });

  test("an answer that nobody will ask for is not kept", () => {
    const kept = new KeptAnswers();
    kept.acknowledge(5, [8, 9]);
    for (const number of [4, 8]) kept.keep(number, answer());
    expect(kept.size).toBe(0);
  });

  test("are bounded in number and bytes: the oldest go", () => {
    let bytes = 0;
    const kept = new KeptAnswers(
      (by) => {
        bytes += by;
      },
      { answers: 3, bytes: 100 },
    );
    for (let number = 1; number <= 5; number++) kept.keep(number, answer(10));
    expect([1, 2, 3, 4, 5].filter((number) => kept.get(number))).toEqual([3, 4, 5]);
    kept.keep(6, answer(95));
    expect([3, 4, 5, 6].filter((number) => kept.get(number))).toEqual([6]);
    expect(bytes).toBe(95);
    kept.clear();
    expect(bytes).toBe(0);
  });

  test("cleared with answers that share a message, they count anew", () => {
    let bytes = 0;
    const kept = new KeptAnswers((by) => {
      bytes += by;
    });
    let held = 0;
    const shared = { kept: () => ++held && 10, dropped: () => (--held > 0 ? 0 : 30) };
    for (const number of [1, 2, 3]) kept.keep(number, shared);
    kept.clear();
    expect([bytes, held]).toEqual([0, 0]);
    for (const number of [4, 5, 6]) kept.keep(number, shared);
    kept.acknowledge(6, []);
    expect(bytes).toBe(30);
    kept.acknowledge(7, []);
    expect(bytes).toBe(0);
  });

  test("a floor or a range of billions costs what it frees", () => {
    const kept = new KeptAnswers();
    kept.keep(2 ** 50, answer());
    kept.keep(7, answer());
    kept.acknowledge(2 ** 40, [2 ** 41, 2 ** 42]);
    expect(kept.size).toBe(1);
    kept.acknowledge(2 ** 40, [2 ** 41, Number.MAX_SAFE_INTEGER]);
    expect(kept.size).toBe(0);
  });

  test("sixteen ranges of millions that free nothing cost one look at each answer, however often they change", () => {
    const kept = new KeptAnswers();
    for (let number = 1; number <= 100; number++) kept.keep(number, answer());
    const ranges = (first: number) => Array.from({ length: 32 }, (_, at) => first + at * 1_000_000);
    const looks = vi.spyOn(IdTable.prototype, "forEach");
    onTestFinished(() => looks.mockRestore());
    for (let time = 1; time <= 10; time++) kept.acknowledge(1, ranges(1_000 + time * 500_000));
    expect(looks.mock.calls.length).toBeLessThanOrEqual(10);
    expect(kept.size).toBe(100);
  });

  test("keep what a map would, whatever is acknowledged in whatever order", () => {
    const range = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 9 }));
    const step = fc.oneof(
      fc.record({ number: fc.integer({ min: 1, max: 60 }), bytes: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ floor: fc.integer({ min: 1, max: 60 }), ranges: fc.array(range, { maxLength: 4 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        let bytes = 0;
        const kept = new KeptAnswers((by) => {
          bytes += by;
        });
        const naive = new Map<number, number>();
        const acknowledged = new Set<number>();
        let floor = 1;
        for (const one of steps) {
          if ("number" in one) {
            kept.keep(one.number, answer(one.bytes));
            // What was acknowledged may be kept or not: nobody asks for it.
            if (kept.get(one.number)) naive.set(one.number, one.bytes);
            else expect(acknowledged.has(one.number) || one.number < floor).toBe(true);
            continue;
          }
          floor = Math.max(floor, one.floor);
          const ranges = ascending(one.ranges);
          kept.acknowledge(one.floor, ranges);
          for (const number of [...naive.keys()]) if (number < one.floor) naive.delete(number);
          acknowledged.clear();
          for (let at = 0; at < ranges.length; at += 2)
            for (let number = ranges[at]!; number <= ranges[at + 1]!; number++) {
              acknowledged.add(number);
              naive.delete(number);
            }
        }
        expect(kept.size).toBe(naive.size);
        for (const number of naive.keys()) expect(kept.get(number)).toBeDefined();
        expect(bytes).toBe([...naive.values()].reduce((sum, one) => sum + one, 0));
      }),
    );
  });
});

function ascending(ranges: readonly (readonly [number, number])[]): number[] {
  const flat: number[] = [];
  for (const [from, more] of ranges.toSorted(([one], [other]) => one - other))
    if (from > (flat.at(-1) ?? 0)) flat.push(from, from + more);
  return flat;
}
