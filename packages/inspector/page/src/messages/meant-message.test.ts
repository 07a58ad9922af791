import { expect, test } from "vitest";
import { MessageRing } from "../state/message-ring.ts";
import { messageAt, placeOf } from "./meant-message.ts";

function ring(...times: readonly number[]) {
  const ring = new MessageRing();
  ring.add(
    "x",
    times.map((at, seq) => ({ seq, at, to: "lamp/a#1", type: "call", operation: "on", count: 1 })),
  );
  return ring.all;
}

const found = (times: readonly number[], place: string) => {
  const meant = messageAt(ring(...times), place);
  return meant?.is === "known" ? placeOf(meant.message) : meant?.since;
};

test("an address leads to its message, of several at one time as well", () => {
  expect(found([10, 20, 20, 20, 30], "20-2")).toBe("20-2");
});

test("a time alone leads to the first message then or after it", () => {
  expect(found([10, 20, 20, 30], "20")).toBe("20-1");
  expect(found([10, 20, 30], "21-9")).toBe("30-2");
});

test("of a time before all that is known it is said since when something is", () => {
  expect(messageAt(ring(10, 20), "9-0")).toEqual({ is: "unknown", since: 10 });
});

test("a time that has not come leads nowhere yet", () => {
  expect(messageAt(ring(10), "11-0")).toBeUndefined();
  expect(messageAt([], "11-0")).toBeUndefined();
});
