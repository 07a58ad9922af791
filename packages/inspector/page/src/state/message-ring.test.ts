import type { MessageNews } from "@reeve/runtime/internal/inspection";
import { expect, test } from "vitest";
import { endText } from "../messages/call-end.ts";
import { MessageRing } from "./message-ring.ts";

let numbers = 0;
function call(at: number, from: string | undefined, to: string, more: Partial<MessageNews> = {}): MessageNews {
  numbers += 1;
  const maker = { caller: "c", user: "ada" };
  return {
    seq: numbers,
    at,
    to: `${to}#1`,
    type: "call",
    requestId: "r",
    count: 1,
    maker,
    ...(from && { from }),
    ...more,
  };
}

const shown = ({ all }: MessageRing) => all.map(({ toName, depth }) => `${"  ".repeat(depth)}${toName}`);

test("messages of several hosts stand in the order of time, whichever host is heard first", () => {
  const ring = new MessageRing();
  ring.add("b", [call(2, undefined, "b", { requestId: "r2" }), call(4, undefined, "d", { requestId: "r4" })]);
  ring.add("a", [call(1, undefined, "a", { requestId: "r1" }), call(3, undefined, "c", { requestId: "r3" })]);
  expect(shown(ring)).toEqual(["a", "b", "c", "d"]);
});

test("what follows from a call stands below it and further in, whatever the clocks of their hosts say", () => {
  const inner = call(10, "volume/a", "scheduler/b");
  const outer = call(500, undefined, "volume/a");
  const innermost = call(5, "scheduler/b", "store/c");
  for (const order of [
    [inner, outer, innermost],
    [innermost, inner, outer],
    [outer, innermost, inner],
  ]) {
    const ring = new MessageRing();
    for (const message of order) ring.add(String(message.seq), [message]);
    expect(shown(ring)).toEqual(["volume/a", "  scheduler/b", "    store/c"]);
  }
});

test("calls of other requests between the same managers are no part of it", () => {
  const ring = new MessageRing();
  ring.add("a", [call(1, undefined, "volume/a")]);
  ring.add("b", [call(2, "volume/a", "scheduler/b", { requestId: "other" })]);
  expect(shown(ring)).toEqual(["volume/a", "scheduler/b"]);
});

test("the end of a call is put where the call stands, of the host that told of it", () => {
  const ring = new MessageRing();
  const [one, other] = [call(1, undefined, "a"), call(2, undefined, "b")];
  ring.add("x", [one]);
  ring.add("y", [{ ...other, seq: one.seq }]);
  const error = { reason: "NOT_SERVING", message: "it drains", outcome: "not-executed" };
  const reply = { seq: 9, at: 0, of: one.seq, from: "b", operation: "get", requestId: "r", durationMs: 7 };
  ring.end("y", [{ ...reply, end: "accepted" }]);
  expect(ring.all.map(({ end }) => end)).toEqual([undefined, undefined]);
  ring.end("y", [{ ...reply, end: error }]);
  expect(ring.all.map(({ end }) => end)).toEqual([undefined, { durationMs: 7, error }]);
});

test("of a call whose end may be among what is missing it is not said that it runs", () => {
  const ring = new MessageRing();
  ring.add("a", [call(1, undefined, "a"), call(2, undefined, "b")]);
  ring.mark("Some are missing", 3);
  ring.end("a", [
    { seq: 9, at: 3, of: ring.all[1]!.seq, from: "b#1", operation: "o", requestId: "r", durationMs: 1, end: "done" },
  ]);
  ring.add("a", [call(4, undefined, "c")]);
  expect(ring.all.map((one) => endText(one, true))).toEqual(["outcome unknown", "1 ms", "", "runs"]);
});

test("what is told again is there once, and stays away where it was cleared", () => {
  const ring = new MessageRing();
  const told = call(1, undefined, "a");
  ring.add("x", [told]);
  ring.add("x", [told]);
  ring.add("y", [told]);
  expect(ring.all.map(({ key }) => key)).toEqual([`x ${told.seq}`, `y ${told.seq}`]);
  expect(ring.total).toBe(2);
  ring.clear();
  ring.add("x", [told]);
  expect(ring.all).toEqual([]);
});
