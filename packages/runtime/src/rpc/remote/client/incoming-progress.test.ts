import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ProgressSink } from "../../callee/progress.ts";
import { progressWindow } from "../../wire/limits.ts";
import { IncomingProgress } from "./incoming-progress.ts";

/** A reader that takes what it is given, and makes room when told to. */
class Reader implements ProgressSink {
  readonly got: unknown[] = [];
  /** Steps that were told to be missing, by how many had come before them. */
  readonly gaps: [after: number, missed: number][] = [];
  full = false;
  #makeRoom: (() => void) | undefined;

  missed(count: number): void {
    this.gaps.push([this.got.length, count]);
  }

  push(value: unknown): Promise<void> | undefined {
    this.got.push(value);
    if (!this.full) return undefined;
    return new Promise((resolve) => {
      this.#makeRoom = resolve;
    });
  }

  async read(): Promise<void> {
    this.#makeRoom?.();
    await Promise.resolve();
  }

  end(): void {}
  fail(): void {}
}

function stream() {
  const reader = new Reader();
  const allowed: number[] = [];
  const progress = new IncomingProgress(reader, (upTo) => allowed.push(upTo));
  return { reader, allowed, progress };
}

describe("IncomingProgress", () => {
  test("hands on in order whatever is repeated or comes early by less than its patience", () => {
    const mixed = fc.array(fc.nat({ max: 3 }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(mixed, (delays) => {
        const { reader, progress } = stream();
        const arrivals = delays
          .map((delay, number) => ({ number, at: number + delay }))
          .flatMap((arrival) => [arrival, arrival])
          .sort((a, b) => a.at - b.at);
        for (const { number } of arrivals) progress.step(number, number);
        expect(reader.got).toEqual(delays.map((_, number) => number));
      }),
      { seed: 5 },
    );
  });

  test("goes on without a step that is lost, and does not take it when it comes after all", () => {
    const { reader, progress } = stream();
    for (const number of [0, 2, 3, 4, 5, 6, 1]) progress.step(number, number);
    expect(reader.got).toEqual([0, 2, 3, 4, 5, 6]);
    expect(reader.gaps).toEqual([[1, 1]]);
  });

  test("lets the callee run a window ahead of the reader and no further", async () => {
    const { reader, allowed, progress } = stream();
    reader.full = true;
    for (let number = 0; number < 1_000; number++) progress.step(number, number);
    expect(reader.got).toEqual([0]);
    expect(allowed).toEqual([]);
    reader.full = false;
    await reader.read();
    expect(reader.got).toEqual(Array.from({ length: progressWindow }, (_, number) => number));
    expect(allowed).toEqual([2 * progressWindow]);
  });

  test("gives the answer after the last step, when the reader has had them all", async () => {
    const { reader, progress } = stream();
    let settled = false;
    reader.full = true;
    progress.step(0, "a");
    progress.step(1, "b");
    progress.step(3, "d");
    progress.finish(() => {
      settled = true;
    });
    expect(settled).toBe(false);
    await reader.read();
    await reader.read();
    expect(reader.got).toEqual(["a", "b", "d"]);
    expect(settled).toBe(false);
    await reader.read();
    expect(settled).toBe(true);
  });

  test("makes room beyond what was lost, however often the link breaks with all of it", () => {
    const { reader, allowed, progress } = stream();
    for (let breaks = 1; breaks <= 3; breaks++) {
      progress.broke();
      progress.resume();
    }
    expect(allowed).toEqual([2, 3, 4].map((windows) => windows * progressWindow));
    progress.step(50, 50);
    expect(reader.got).toEqual([50]);
    expect(reader.gaps).toEqual([[0, 50]]);
    expect(allowed.at(-1)).toBe(50 + progressWindow);
  });

  test("hands on nothing older than what it has, also after a break", () => {
    const { reader, progress } = stream();
    for (const number of [0, 1, 5, 6, 7, 8, 9]) progress.step(number, number);
    progress.broke();
    for (const number of [3, 4, 12, 10, 13, 16]) progress.step(number, number);
    progress.broke();
    for (const number of [14, 15, 17]) progress.step(number, number);
    expect(reader.got).toEqual([0, 1, 5, 6, 7, 8, 9, 12, 13, 14, 16, 17]);
    expect(reader.gaps).toEqual([
      [2, 3],
      [7, 2],
      [10, 1],
    ]);
  });

  test("says how many the callee had no room for, and with the answer how many never came", () => {
    const { reader, progress } = stream();
    progress.step(0, "a");
    progress.step(1, "b", 3);
    progress.finish(() => {}, 4);
    progress.end(4);
    expect(reader.got).toEqual(["a", "b"]);
    expect(reader.gaps).toEqual([
      [1, 3],
      [2, 2],
    ]);
  });

  test("what came before an error is handed on, whether its reader has room or not, and then what never came is told", () => {
    const { reader, progress } = stream();
    reader.full = true;
    for (const number of [0, 1, 2, 4]) progress.step(number, number);
    expect(reader.got).toEqual([0]);
    progress.end(7);
    progress.end(7);
    expect(reader.got).toEqual([0, 1, 2, 4]);
    expect(reader.gaps).toEqual([
      [3, 1],
      [4, 2],
    ]);
  });

  test("takes all that it allowed after a break, also what its reader made room for later", async () => {
    const { reader, allowed, progress } = stream();
    progress.step(0, 0);
    reader.full = true;
    progress.step(1, 1);
    progress.broke();
    progress.resume();
    // The callee goes as far as it may whenever it is told how far that is.
    for (let number = 2; number < Math.max(progressWindow, ...allowed); number++) progress.step(number, number);
    reader.full = false;
    await reader.read();
    for (let number = 2; number < 200; number++) if (number < Math.max(...allowed)) progress.step(number, number);
    expect(reader.got).toEqual(Array.from({ length: 200 }, (_, number) => number));
  });
});
