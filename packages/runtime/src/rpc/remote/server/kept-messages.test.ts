import { describe, expect, test, vi } from "vitest";
import type { Endpoint } from "./endpoint.ts";
import { KeptMessages } from "./kept-messages.ts";

const endpoint = {} as Endpoint;

function opened() {
  const warn = vi.fn();
  const kept = new KeptMessages({ warn });
  const add = (caller: string, number: number, bytes = 1) =>
    kept.add(
      endpoint,
      { subject: `reeve.call.bell.v1.ring.any.${caller}`, data: new Uint8Array(bytes), noResponders: false },
      number,
    );
  return { kept, add, warn, numbers: (most: number) => kept.take(most).map(({ receivedAt }) => receivedAt) };
}

describe("messages that are kept until it is known who lives here", () => {
  test("are at most 1,024 of one caller; the first ones stay, and somebody else's have room", () => {
    const { kept, add, warn, numbers } = opened();
    for (let n = 0; n < 16_000; n++) add("mallory", n);
    add("honest", 16_000);
    expect(kept.size).toBe(1_025);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(numbers(10_000)).toEqual([...Array(1_024).keys(), 16_000]);
    expect(kept.size).toBe(0);
  });

  test("are dropped where they are somebody else's, and make room", () => {
    const { kept, add, numbers } = opened();
    for (let n = 0; n < 1_024; n++) add("cli", n);
    kept.take(2);
    kept.drop(({ receivedAt }) => receivedAt % 2 === 0);
    for (let n = 2_000; n < 4_000; n++) add("cli", n);
    expect(kept.size).toBe(1_024);
    expect(numbers(3)).toEqual([3, 5, 7]);
    kept.drop(() => true);
    expect(kept.size).toBe(0);
  });

  test("are at most 4,096 of a thousand callers", () => {
    const { kept, add } = opened();
    for (let n = 0; n < 100_000; n++) add(`mallory-${n % 1_000}`, n);
    expect(kept.size).toBe(4_096);
  });

  test("are at most 16 MiB of one caller, and 64 MiB in all", () => {
    const { kept, add } = opened();
    for (let n = 0; n < 100; n++) add("mallory", n, 1_048_576);
    expect(kept.size).toBe(16);
    for (let n = 0; n < 100; n++) add(`mallory-${n}`, n, 1_048_576);
    expect(kept.size).toBe(64);
  });

  test("are taken in order, some at a time, and make room as they are", () => {
    const { kept, add, numbers } = opened();
    for (let n = 0; n < 1_024; n++) add("eager", n);
    expect(numbers(3)).toEqual([0, 1, 2]);
    for (let n = 1_024; n < 1_030; n++) add("eager", n);
    expect(kept.size).toBe(1_024);
    const rest = numbers(2_000);
    expect([rest[0], rest.at(-1), rest.length]).toEqual([3, 1_026, 1_024]);
    for (let n = 0; n < 2_000; n++) add("eager", n);
    expect(kept.size).toBe(1_024);
  });
});
