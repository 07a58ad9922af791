import { expect, test } from "vitest";
import { Unconfirmed } from "./unconfirmed.ts";

function counted(limitBytes: number) {
  const trips: (() => void)[] = [];
  const unconfirmed = new Unconfirmed(limitBytes, () => new Promise((resolve) => trips.push(resolve)));
  const confirm = async () => {
    trips.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { unconfirmed, trips, confirm };
}
const saturated = expect.objectContaining({ reason: "LINK_SATURATED" });

test("the broker is asked before the limit, once at a time, and what it confirms counts no more", async () => {
  const { unconfirmed, trips, confirm } = counted(1_000);
  unconfirmed.add(168);
  expect(trips).toHaveLength(0);
  unconfirmed.add(168);
  unconfirmed.add(168);
  expect(trips).toHaveLength(1);
  unconfirmed.add(268);
  expect(() => unconfirmed.add(168)).toThrow(saturated);
  await confirm();
  unconfirmed.add(168);
  expect(trips).toHaveLength(1);
});

test("a confirmation counts what was sent before it was asked for, not after", async () => {
  const { unconfirmed, confirm } = counted(1_000);
  unconfirmed.add(468);
  unconfirmed.add(468);
  await confirm();
  expect(() => unconfirmed.add(568)).toThrow(saturated);
  unconfirmed.add(368);
});

test("one message above the limit passes when nothing else is under way", () => {
  const { unconfirmed } = counted(1_000);
  unconfirmed.add(5_000);
  expect(() => unconfirmed.add(1)).toThrow(saturated);
});
