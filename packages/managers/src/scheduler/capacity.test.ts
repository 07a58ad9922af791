import { expect, test } from "vitest";
import { readCapacity } from "./capacity.ts";

const gibibyte = 2 ** 30;
const device = { totalBytes: 100 * gibibyte, freeBytes: 60 * gibibyte };

test.each([
  ["what is free, when nothing else is said", device, 60],
  ["what is not promised, where that is less", { ...device, provisionedBytes: 70 * gibibyte }, 30],
  ["the larger of two claims", { ...device, provisionedBytes: 50 * gibibyte, allocatedBytes: 80 * gibibyte }, 20],
  ["nothing of what is to stay free", { ...device, reservedBytes: 25 * gibibyte }, 35],
  [
    "promises beyond the total, where storage is thin",
    { ...device, provisionedBytes: 120 * gibibyte, overcommitRatio: 2 },
    80,
  ],
  [
    "no more than the free bytes stretch to",
    { ...device, freeBytes: 10 * gibibyte, provisionedBytes: 0, overcommitRatio: 2 },
    20,
  ],
  ["less than nothing, when too much is promised", { ...device, provisionedBytes: 130 * gibibyte }, -30],
])("of a volume manager's bytes, %s can be placed", (_, capabilities, availableGiB) => {
  const { available, total } = readCapacity(capabilities).resources.get("sizeGiB")!;
  expect(available).toBeCloseTo(availableGiB, 9);
  expect(total).toBe(100);
});

test("any manager may name its resources, and how many things it holds", () => {
  const { resources, allocated } = readCapacity({
    resources: { gpu: { total: 8, free: 3 }, slots: { free: 2 } },
    allocated: 5,
  });
  expect(Object.fromEntries(resources)).toEqual({
    gpu: { total: 8, available: 3 },
    slots: { total: 2, available: 2 },
  });
  expect(allocated).toBe(5);
  expect(readCapacity({ volumes: 7 }).allocated).toBe(7);
});

test.each([
  [{}],
  [{ totalBytes: 5 }],
  [{ totalBytes: "much", freeBytes: 5 }],
  [{ resources: null }],
  [{ resources: { gpu: 3 } }],
  [{ resources: { gpu: { total: 3, free: "3" } } }],
])("what cannot be read is left out: %j", (capabilities) => {
  expect(readCapacity(capabilities)).toEqual({ resources: new Map(), allocated: 0 });
});
