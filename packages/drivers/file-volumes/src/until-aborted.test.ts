import { expect, test } from "vitest";
import { untilAborted } from "./until-aborted.ts";

test("items come through to the end, and an early stop reaches the source", async () => {
  let closed = 0;
  async function* source() {
    try {
      yield* [1, 2, 3];
    } finally {
      closed++;
    }
  }
  const { signal } = new AbortController();
  const items: number[] = [];
  for await (const item of untilAborted(source(), signal)) items.push(item);
  expect(items).toEqual([1, 2, 3]);
  for await (const _ of untilAborted(source(), signal)) break;
  await new Promise(setImmediate);
  expect(closed).toBe(2);
});

test("an abort ends the wait for an item that never comes", async () => {
  const controller = new AbortController();
  async function* source() {
    yield 1;
    controller.abort(new Error("enough"));
    await new Promise(() => {});
  }
  const read = async () => {
    for await (const _ of untilAborted(source(), controller.signal));
  };
  await expect(read()).rejects.toThrow("enough");
});
