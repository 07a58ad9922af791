import { expect, test } from "vitest";
import { Account } from "./account.ts";
import { judge } from "./audit.ts";
import { type Grown, grew } from "./growth.ts";
import { kept } from "./promises.ts";

const mib = 2 ** 20;
const grown = (heapMib: number, rows: Readonly<Record<string, number>>, calls = 0): Grown => ({
  heap: new Map([["block-01", heapMib * mib]]),
  rows: new Map(Object.entries(rows)),
  calls,
});

test("what grows beyond its bound is found: heaps, tables with a bound, and those whose rows are one for each thing there is", () => {
  const first = grown(40, { reeve_outbox: 10, reeve_fence: 27 });
  expect([...grew([first, grown(100, { reeve_outbox: 160, reeve_fence: 27 })])]).toEqual([]);
  expect([...grew([first, grown(105, { reeve_outbox: 161, reeve_fence: 28 })])]).toEqual([
    "the heap of block-01 has grown from 40 to 105 MiB",
    "reeve_outbox has grown from 10 to 161 rows, above 160",
    "reeve_fence has grown from 27 to 28 rows, above 27",
  ]);
});

test("keys of calls are found that are more than the calls of the last three rounds", () => {
  const round = (reeve_callKeys: number, calls: number) => grown(40, { reeve_callKeys }, calls);
  const before = [round(50, 100), round(150, 400), round(10, 420)];
  expect([...grew([...before, round(321, 421)])]).toEqual([]);
  expect([...grew([...before, round(9, 430), round(30, 430)])]).toEqual([]);
  expect([...grew([...before, round(9, 430), round(31, 430)])]).toEqual([
    "reeve_callKeys has grown from 50 to 31 rows, above 30",
  ]);
});

test("a durable cast that was abandoned is found, and one that nobody brings to an end", () => {
  const seen = { made: new Set<string>(), twice: [], stale: [], stolen: [], claims: 0, claimed: 0 };
  const casts = [
    { id: "c1", operation: "run", state: "dead", reason: "FULL", lastError: "no room" },
    { id: "c2", operation: "run", state: "waiting" },
  ];
  const evidence = {
    volumes: [],
    snapshots: [],
    jobs: [],
    leftovers: [],
    casts,
    seen,
    images: new Map(),
    exports: new Map(),
  };
  expect(judge(new Account(), evidence)).toEqual({
    ...kept,
    dead: ["cast c1 of run: FULL, no room"],
    stuck: ["cast c2 of run is waiting"],
  });
});
