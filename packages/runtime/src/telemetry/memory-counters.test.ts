import { expect, test } from "vitest";
import { memoryCounters } from "./memory-counters.ts";

test("the same name and labels, in any order, are one count", () => {
  const counters = memoryCounters();
  counters.counter("calls", { manager: "volume", operation: "get" }).add();
  counters.counter("calls", { operation: "get", manager: "volume" }).add(2);
  counters.counter("calls").add();
  expect(counters.value("calls", { manager: "volume", operation: "get" })).toBe(3);
  expect(counters.snapshot()).toEqual([
    { name: "calls", labels: { manager: "volume", operation: "get" }, value: 3 },
    { name: "calls", labels: {}, value: 1 },
  ]);
});

test("labels without end share one count instead of filling the memory", () => {
  const counters = memoryCounters();
  for (let i = 0; i < 5000; i++) counters.counter("calls", { id: String(i) }).add();
  expect(counters.snapshot().length).toBeLessThan(4100);
  expect(counters.value("counters.overflow")).toBe(5000 - 4096);
});
