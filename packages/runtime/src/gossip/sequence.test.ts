import { expect, test } from "vitest";
import type { GossipHead } from "./message.ts";
import { Sequence } from "./sequence.ts";

const head = (sequence: number, part = 1, parts = 1, whole = false): GossipHead => ({
  ...{ sender: "S", host: "h", last: false },
  ...{ sequence, part: { part, parts }, whole },
});

/** Each row: number, part/parts, `w` for whole, `a` for an answer; then what becomes of it, and whether everything is known. */
test.each<[string, string]>([
  ["1 1/1 w: complete", "a first list of everything is everything"],
  ["2 1/1: incomplete", "news of a sender that is not known is not everything"],
  ["1 1/1 w: complete, 2 1/1: complete, 3 1/1: complete", "numbers in a row miss nothing"],
  ["1 1/1 w: complete, 3 1/1: incomplete, 4 1/1: incomplete", "a gap is not made good by what follows"],
  ["1 1/1 w: complete, 3 1/1: incomplete, 3 1/1 wa: complete, 4 1/1: complete", "an answer makes up for a gap"],
  [
    "1 1/1 w: complete, 1 1/1 w: stale, 2 1/1: complete, 1 1/1: stale, 2 1/1: stale",
    "copies and overtaken ones are stale",
  ],
  ["1 1/2 w: incomplete, 1 2/2 w: complete", "a list of everything in parts is everything after its last"],
  ["1 1/3 w: incomplete, 1 3/3 w: incomplete, 2 1/1: incomplete", "a lost part leaves it incomplete"],
  ["1 1/1 w: complete, 2 1/2: complete, 3 1/1: incomplete", "the last part of news may be lost as well"],
  ["1 1/1 w: complete, 2 1/2: complete, 2 2/2: complete, 3 1/1: complete", "news in parts miss nothing"],
  ["1 1/1 w: complete, 3 1/1 a: complete, 2 1/1: complete", "an answer that names some says nothing of the rest"],
  ["5 1/1 wa: complete, 5 1/1: stale, 6 1/1: complete", "an answer has the number of what was told before it"],
  ["5 1/2 wa: incomplete, 6 1/1: incomplete, 5 2/2 wa: stale", "news between the parts of an answer begins it anew"],
  ["0 1/1 wa: complete, 1 1/1: complete", "an answer may come before anything was told"],
])("%s: %s", (rows) => {
  const sequence = new Sequence();
  for (const row of rows.split(", ")) {
    const [, number, part, parts, kind, expected] = /^(\d+) (\d)\/(\d)(?: (\w+))?: (\w+)$/.exec(row)!;
    const whole = kind?.includes("w") ?? false;
    const step = sequence.take(head(Number(number), Number(part), Number(parts), whole), kind?.includes("a") ?? false);
    expect(`${row.split(":")[0]}: ${step ? (sequence.complete ? "complete" : "incomplete") : "stale"}`).toBe(row);
    if (expected === "complete") expect(sequence.wantsAll).toBe(false);
  }
});

test("everything is not asked for while it is on its way", () => {
  const sequence = new Sequence();
  sequence.take(head(3), false);
  expect(sequence.wantsAll).toBe(true);
  sequence.take(head(3, 1, 2, true), true);
  expect(sequence.wantsAll).toBe(false);
  sequence.take(head(4), false);
  expect(sequence.wantsAll).toBe(true);
});
