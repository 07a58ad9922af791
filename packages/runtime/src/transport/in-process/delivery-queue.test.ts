import { expect, test } from "vitest";
import { DeliveryQueue } from "./delivery-queue.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("deliveries run in order and never on the stack of who enqueues", async () => {
  const queue = new DeliveryQueue();
  const ran: number[] = [];
  queue.push(() => {
    ran.push(1);
    queue.push(() => ran.push(3));
  });
  queue.push(() => ran.push(2));
  expect(ran).toEqual([]);
  await turn();
  expect(ran).toEqual([1, 2, 3]);
});

test("answers to answers without end leave timers and sockets their turn", async () => {
  const queue = new DeliveryQueue();
  let delivered = 0;
  let stopped = false;
  const again = () => {
    delivered += 1;
    if (!stopped) queueMicrotask(() => queue.push(again));
  };
  queue.push(again);
  await new Promise((resolve) => setTimeout(resolve, 1));
  stopped = true;
  const soFar = delivered;
  await turn();
  expect(soFar).toBeGreaterThanOrEqual(1024);
  expect(delivered).toBe(soFar + 1);
});
