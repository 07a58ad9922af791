import type { LogLine, LogLines } from "@reeve/runtime/host";
import { expect, test } from "vitest";
import { linesWith, MergedLines, mostLines } from "./log-lines.ts";

const line = (number: number, at: number, more: Partial<LogLine> = {}): LogLine => ({
  ...{ number, at, level: "info", manager: null, message: `line ${number}`, error: null, fields: {}, cut: false },
  ...more,
});
const answer = (lines: LogLine[], upTo = lines.at(-1)?.number ?? 0, missed = 0): LogLines => ({
  ...{ kept: true, lines, upTo, missed },
});
const keys = (merged: MergedLines) => merged.all.map(({ key }) => key);

test("lines of several hosts are merged by their time, those of one moment as their host wrote them", () => {
  const merged = new MergedLines();
  merged.add("a", "block-01", answer([line(1, 10), line(2, 30), line(3, 30)]), 100);
  merged.add("b", "block-02", answer([line(1, 20), line(2, 40)]), 100);
  merged.add("a", "block-01", answer([line(4, 35)]), 100);
  expect(keys(merged)).toEqual(["a 1", "b 1", "a 2", "a 3", "a 4", "b 2"]);
  expect([merged.after("a"), merged.after("b"), merged.after("c")]).toEqual([4, 2, undefined]);
});

test("what is told twice is kept once", () => {
  const merged = new MergedLines();
  const told = answer([line(1, 10), line(2, 20)]);
  merged.add("a", "block-01", told, 100);
  merged.add("a", "block-01", told, 100);
  merged.add("a", "block-01", answer([line(2, 20), line(3, 30)]), 100);
  expect(keys(merged)).toEqual(["a 1", "a 2", "a 3"]);
});

test("a host that has told nothing that fits is asked from where it stands", () => {
  const merged = new MergedLines();
  merged.add("a", "block-01", answer([], 70), 100);
  expect([merged.after("a"), merged.all]).toEqual([70, []]);
});

test("what is missing is shown where it is missing", () => {
  const merged = new MergedLines();
  merged.add("a", "block-01", answer([line(1, 10)]), 100);
  merged.add("a", "block-01", answer([line(8, 80)], 8, 6), 100);
  merged.add("a", "block-01", answer([], 20, 12), 100);
  expect(merged.all).toMatchObject([
    { number: 1 },
    { missed: 6, at: 80, host: "block-01" },
    { number: 8 },
    { missed: 12, at: 100 },
  ]);
  expect(linesWith(merged.all, "nothing has this")).toMatchObject([{ missed: 6 }, { missed: 12 }]);
});

test("the newest are kept", () => {
  const merged = new MergedLines();
  merged.add(
    "a",
    "block-01",
    answer(Array.from({ length: mostLines + 10 }, (_, index) => line(index + 1, index))),
    100,
  );
  expect([merged.all.length, merged.all[0]!.key]).toEqual([mostLines, "a 11"]);
});

test("they are found by host, manager, level, message, request and error", () => {
  const merged = new MergedLines();
  const error = { name: "ReeveError", reason: "QUOTA_EXCEEDED", message: "no room" };
  merged.add(
    "a",
    "block-01",
    answer([line(1, 1), line(2, 2, { level: "warn", manager: "volume/x", fields: { requestId: "R7" }, error })]),
    9,
  );
  for (const text of ["volume/X", "warn", "r7", "quota", " no room", "Line 2"])
    expect(
      linesWith(merged.all, text).map(({ key }) => key),
      text,
    ).toEqual(["a 2"]);
  expect(linesWith(merged.all, "BLOCK-01")).toHaveLength(2);
});
