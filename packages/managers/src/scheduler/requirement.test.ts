import { expect, test } from "vitest";
import { Condition, requirement } from "./requirement.ts";

const capabilities = {
  tier: "gold",
  iops: 900,
  thin: true,
  protocols: ["iscsi", "nvme"],
  array: { model: "x7", ports: [1, 2] },
  "vendor.model": "flat",
  nothing: null,
};

test.each<[string, Condition, boolean]>([
  ["tier", "gold", true],
  ["tier", "silver", false],
  ["iops", 900, true],
  ["iops", "900", false],
  ["thin", true, true],
  ["thin", false, false],
  ["iops", { atLeast: 900 }, true],
  ["iops", { atLeast: 901 }, false],
  ["iops", { atLeast: 1, atMost: 900 }, true],
  ["iops", { atLeast: 1, atMost: 899 }, false],
  ["tier", { atLeast: 1 }, false],
  ["tier", { oneOf: ["silver", "gold"] }, true],
  ["tier", { oneOf: ["silver"] }, false],
  ["protocols", { includes: "nvme" }, true],
  ["protocols", { includes: "fc" }, false],
  ["tier", { includes: "gold" }, false],
  ["array.model", "x7", true],
  ["array.ports", { includes: 2 }, true],
  ["array.vendor", "x7", false],
  ["array.model.name", "x7", false],
  ["vendor.model", "flat", true],
  ["missing", { atMost: 5 }, false],
  ["nothing", { oneOf: [0] }, false],
  ["constructor", { oneOf: ["Object"] }, false],
  ["array.constructor.name", "Object", false],
])("%s meets %j: %s", (path, condition, expected) => {
  expect(requirement(path, condition)(capabilities)).toBe(expected);
});

test.each([[{}], [{ atleast: 5 }], [{ oneOf: [] }], [{ atLeast: "5" }], [null], [[1]]])(
  "%j is refused as a condition",
  (wrong) => {
    expect(Condition.safeParse(wrong).success).toBe(false);
  },
);
