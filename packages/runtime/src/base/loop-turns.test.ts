import { expect, test } from "vitest";
import { LoopTurns } from "./loop-turns.ts";

/** Work that takes a millisecond of the loop's time for each look at the clock. */
function stage() {
  let time = 0;
  const turns = new LoopTurns({ now: () => time++ });
  let turned = 0;
  let counting = true;
  const count = () => {
    turned++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  return {
    turns,
    turned: () => turned,
    [Symbol.dispose]: () => {
      counting = false;
    },
  };
}

test("work that awaits only what is there lets the loop turn every few milliseconds", async () => {
  using staged = stage();
  for (let step = 0; step < 100; step++) {
    if (staged.turns.due) await staged.turns.next();
    await Promise.resolve();
  }
  expect(staged.turned()).toBeGreaterThanOrEqual(100 / 5 - 1);
});

test("many chains together let it turn as often as one", async () => {
  using staged = stage();
  const chain = async () => {
    for (let step = 0; step < 50; step++) {
      if (staged.turns.due) await staged.turns.next();
      await Promise.resolve();
    }
  };
  await Promise.all(Array.from({ length: 16 }, chain));
  expect(staged.turned()).toBeGreaterThanOrEqual((16 * 50) / 20);
});

test("a turn that did little is not ended by the time since the last", async () => {
  let time = 0;
  const turns = new LoopTurns({ now: () => time });
  expect(turns.due).toBe(false);
  await turns.next();
  time = 1_000;
  expect(turns.due).toBe(false);
  time = 1_010;
  expect(turns.due).toBe(true);
});
