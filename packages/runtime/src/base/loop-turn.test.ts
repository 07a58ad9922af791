import { describe, expect, test } from "vitest";
import { LoopTurn } from "./loop-turn.ts";

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe("LoopTurn", () => {
  test("is over once it has lasted for 5 ms, and begins anew after the loop has turned", async () => {
    let now = 0;
    const turn = new LoopTurn(() => now);
    const lasted = () => {
      const from = now;
      while (!turn.isOver) now += 0.01;
      return now - from;
    };
    expect(lasted()).toBeLessThan(6);
    turn.next(() => {}, undefined);
    expect(turn.isOver).toBe(true);
    await nextTurn();
    const lastedThen = lasted();
    expect(lastedThen).toBeGreaterThan(4.9);
    expect(lastedThen).toBeLessThan(6);
  });

  test("reads the time for one answer in 64 where answers are short, and for each where they are long", () => {
    let [now, reads] = [0, 0];
    const turn = new LoopTurn(() => {
      reads += 1;
      return now;
    });
    for (let i = 0; i < 6_400; i++) void turn.isOver;
    expect(reads).toBeLessThan(120);
    for (let i = 0; i < 1_000 && !turn.isOver; i++) now += 1;
    expect(now).toBeLessThanOrEqual(64);
  });

  test("what is put off is done in the next turn, in order, and what it brings in the one after", async () => {
    const turn = new LoopTurn();
    const done: number[] = [];
    turn.next((value) => {
      done.push(value);
      turn.next((later) => done.push(later), 3);
    }, 1);
    turn.next((value) => done.push(value), 2);
    expect(done).toEqual([]);
    await nextTurn();
    expect(done).toEqual([1, 2]);
    await nextTurn();
    expect(done).toEqual([1, 2, 3]);
  });
});
