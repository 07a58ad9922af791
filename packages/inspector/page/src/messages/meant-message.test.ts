import { expect, test } from "vitest";
import { MessageRing } from "../state/message-ring.ts";
import { messageAt } from "./meant-message.ts";

function ring(...times: readonly number[]) {
  const ring = new MessageRing();
  ring.add(
    "x",
    times.map((at, seq) => ({ seq, at, to: "lamp/a#1", type: "call", operation: "on", count: 1 })),
  );
  return ring.all;
}

const found = (times: readonly number[], at: number) => {
  const meant = messageAt(ring(...times), at);
  return meant?.is === "known" ? meant.message.at : meant?.since;
};

test("a time leads to its message, and one between two to the later", () => {
  expect(found([10, 20, 30], 20)).toBe(20);
  expect(found([10, 20, 30], 21)).toBe(30);
});

test("of a time before all that is known it is said since when something is", () => {
  expect(messageAt(ring(10, 20), 9)).toEqual({ is: "unknown", since: 10 });
});

test("a time that has not come leads nowhere yet", () => {
  expect(messageAt(ring(10), 11)).toBeUndefined();
  expect(messageAt([], 11)).toBeUndefined();
});
