import { expect, test } from "vitest";
import { turns } from "../../base/turns.test-kit.ts";
import { DeliveryQueue } from "./delivery-queue.ts";

test("deliveries run in order and never on the stack of who enqueues", async () => {
  const queue = new DeliveryQueue();
  const ran: number[] = [];
  queue.push(() => {
    ran.push(1);
    queue.push(() => ran.push(3));
  });
  queue.push(() => ran.push(2));
  expect(ran).toEqual([]);
  await turns();
  expect(ran).toEqual([1, 2, 3]);
});

test.each([
  ["at once", (push: () => void) => push()],
  ["in a microtask", (push: () => void) => queueMicrotask(push)],
])("answers to answers without end, each given %s, leave timers and sockets their turn", async (_, answer) => {
  const queue = new DeliveryQueue();
  let delivered = 0;
  const again = () => {
    delivered += 1;
    if (delivered < 5_000) answer(() => queue.push(again));
  };
  queue.push(again);
  const atEachTurn: number[] = [];
  while (delivered < 5_000) {
    await turns();
    atEachTurn.push(delivered);
  }
  expect(atEachTurn).toEqual([1_024, 2_048, 3_072, 4_096, 5_000]);
});
