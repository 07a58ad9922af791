import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { DeliveryThrottle } from "./delivery-throttle.ts";

function messageOf(bytes: number) {
  return { subject: "s", data: new Uint8Array(bytes), noResponders: false };
}

function takerInto(order: string[], name: string) {
  return { take: ({ data }: { readonly data: Uint8Array }) => void order.push(`${name}:${data.length}`) };
}

describe("DeliveryThrottle", () => {
  test("hands over at once what comes alone", () => {
    const order: string[] = [];
    new DeliveryThrottle().hand(takerInto(order, "a"), messageOf(100));
    expect(order).toEqual(["a:100"]);
  });

  test("hands over a burst in parts, in order, whoever takes it, with a turn between", async () => {
    const throttle = new DeliveryThrottle();
    const order: string[] = [];
    const expected: string[] = [];
    const hand = (index: number) => {
      const name = "abc"[index % 3]!;
      expected.push(`${name}:${4_000 + index}`);
      throttle.hand(takerInto(order, name), messageOf(4_000 + index));
    };
    for (let index = 0; index < 15; index++) hand(index);
    const parts = [order.length];
    // What comes meanwhile waits behind.
    hand(15);
    while (order.length < expected.length) {
      const before = order.length;
      await setImmediate();
      parts.push(order.length - before);
    }
    expect(order).toEqual(expected);
    expect(Math.max(...parts)).toBeLessThan(6);
    expect(Math.min(...parts)).toBeGreaterThan(0);
  });

  test("holds no more than a socket gives at once: whoever is slow keeps it from being read", () => {
    const throttle = new DeliveryThrottle();
    const order: string[] = [];
    let held = 0;
    for (let index = 0; index < 1_000; index++) {
      throttle.hand(takerInto(order, "a"), messageOf(1_000));
      held = Math.max(held, index + 1 - order.length);
    }
    expect(held).toBeGreaterThan(10);
    expect(held).toBeLessThan(70);
  });

  test("hands over what waits when there is no time left", async () => {
    const throttle = new DeliveryThrottle();
    const order: string[] = [];
    for (let index = 0; index < 5; index++) throttle.hand(takerInto(order, "a"), messageOf(10_000));
    const idle = throttle.idle();
    throttle.finish();
    expect(order).toHaveLength(5);
    await idle;
    await setImmediate();
    expect(order).toHaveLength(5);
  });

  test("is idle once the last of a burst was handed over, and not before", async () => {
    const throttle = new DeliveryThrottle();
    const order: string[] = [];
    await throttle.idle();
    for (let index = 0; index < 5; index++) throttle.hand(takerInto(order, "a"), messageOf(10_000));
    expect(order.length).toBeLessThan(5);
    await throttle.idle();
    expect(order).toHaveLength(5);
  });
});
