import { expect, test } from "vitest";
import { type AwaitedCall, AwaitingCalls } from "./awaiting-calls.ts";
import { placeOf } from "./place.ts";

type Listener = (manager: string, major: number, address: string) => void;

function waiting(address: string, idempotent = false): AwaitedCall {
  const member = { manager: "volume", major: 1, address };
  return {
    state: { name: "awaiting" },
    call: { operation: { idempotent } },
    target: { member, place: placeOf(member) },
  };
}

function watch() {
  let changed!: Listener;
  const looked: AwaitedCall[] = [];
  const onChange = (listener: Listener) => {
    changed = listener;
    return () => {};
  };
  const awaiting = new AwaitingCalls<AwaitedCall>({ onChange }, (pending) => void looked.push(pending));
  return { awaiting, looked, changed };
}

test("a change is a look at the calls of its address, and at those of its kind that anybody may have", async () => {
  const { awaiting, looked, changed } = watch();
  const [here, there, anywhere] = [waiting("a"), waiting("b"), waiting("c", true)];
  for (const pending of [here, there, anywhere]) awaiting.add(pending);
  await Promise.resolve();
  looked.length = 0;
  for (let time = 0; time < 3; time++) changed("volume", 1, "a");
  changed("volume", 2, "b");
  await Promise.resolve();
  expect(looked).toEqual([here, anywhere]);
});

test("somebody may be there already", async () => {
  const { awaiting, looked } = watch();
  const pending = waiting("a");
  awaiting.add(pending);
  expect(looked).toEqual([]);
  await Promise.resolve();
  expect(looked).toEqual([pending]);
});

test("what has ended is not looked at", async () => {
  const { awaiting, looked, changed } = watch();
  const [ended, left] = [waiting("a", true), waiting("a")];
  awaiting.add(ended);
  awaiting.add(left);
  await Promise.resolve();
  looked.length = 0;
  awaiting.delete(ended);
  changed("volume", 1, "a");
  await Promise.resolve();
  expect(looked).toEqual([left]);
});
