import { expect, test } from "vitest";
import { LoopTurn } from "./loop-turn.ts";

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Work that takes a millisecond of the loop's time for each look at the clock. */
function stage() {
  let time = 0;
  const turn = new LoopTurn({ now: () => time++ });
  let turned = 0;
  let counting = true;
  const count = () => {
    turned++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  return {
    turn,
    turned: () => turned,
    [Symbol.dispose]: () => {
      counting = false;
    },
  };
}

test("a turn is over once it has lasted for 5 ms, and begins anew after the loop has turned", async () => {
  let now = 0;
  const turn = new LoopTurn({ now: () => now });
  const lasted = () => {
    const from = now;
    while (!turn.isOver) now += 0.01;
    return now - from;
  };
  for (let round = 0; round < 2; round++) {
    const ms = lasted();
    expect(ms).toBeGreaterThanOrEqual(5);
    expect(ms).toBeLessThan(6);
    await nextTurn();
  }
});

test("the time is read for one step in 64 where steps are short", () => {
  let reads = 0;
  const turn = new LoopTurn({
    now: () => {
      reads += 1;
      return 0;
    },
  });
  for (let step = 0; step < 6_400; step++) void turn.isOver;
  expect(reads).toBeLessThan(120);
});

test("steps that become long are not counted as the short ones of the turn before", async () => {
  let now = 0;
  const turn = new LoopTurn({ now: () => now });
  for (let step = 0; step < 6_400; step++) void turn.isOver;
  await nextTurn();
  for (let step = 0; step < 100 && !turn.isOver; step++) now += 50;
  expect(now).toBeLessThanOrEqual(100);
});

test("a step that looks is heeded by those that do not", () => {
  let now = 0;
  const turn = new LoopTurn({ now: () => now });
  for (let step = 0; step < 6_400; step++) void turn.isOver;
  now += 5;
  expect(turn.look()).toBe(true);
  expect(turn.isOver).toBe(true);
});

test("a turn that did little is not ended by the time since the last", async () => {
  let now = 0;
  const turn = new LoopTurn({ now: () => now });
  expect(turn.look()).toBe(false);
  await nextTurn();
  now = 1_000;
  expect(turn.look()).toBe(false);
  now = 1_010;
  expect(turn.look()).toBe(true);
});

test("a turn that is over stays so until the loop has turned, also for a clock that is set back", async () => {
  let now = 0;
  const turn = new LoopTurn({ now: () => now });
  turn.look();
  now = 5;
  expect(turn.look()).toBe(true);
  now = 0;
  expect(turn.look()).toBe(true);
  await nextTurn();
  expect(turn.look()).toBe(false);
});

test("work that awaits only what is there lets the loop turn every few milliseconds", async () => {
  using staged = stage();
  for (let step = 0; step < 100; step++) {
    if (staged.turn.look()) await staged.turn.turned();
    await Promise.resolve();
  }
  expect(staged.turned()).toBeGreaterThanOrEqual(100 / 6 - 1);
});

test("many chains together let it turn as often as one", async () => {
  using staged = stage();
  const chain = async () => {
    for (let step = 0; step < 50; step++) {
      if (staged.turn.look()) await staged.turn.turned();
      await Promise.resolve();
    }
  };
  await Promise.all(Array.from({ length: 16 }, chain));
  expect(staged.turned()).toBeGreaterThanOrEqual((16 * 50) / 24);
});

test("what is put off is done in the next turn, in order, and what it brings in the one after", async () => {
  const turn = new LoopTurn({ now: () => 0 });
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

test("nothing overtakes what is put off", () => {
  const turn = new LoopTurn({ now: () => 0 });
  for (let step = 0; step < 6_400; step++) void turn.isOver;
  turn.next(() => {}, undefined);
  expect(turn.isOver).toBe(true);
  expect(turn.look()).toBe(true);
});
