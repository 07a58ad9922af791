import { expect, test } from "vitest";
import { failureInfo, failureOf } from "./failure-info.ts";

const job = { kind: "slot.creating", epoch: 3, address: "a@rack" };

test.each([
  ["an error of this incarnation", 3, new Error("worn out"), { reason: "FAILED", message: "worn out" }],
  [
    "no error of this incarnation",
    3,
    "worn out",
    { reason: "FAILED", message: expect.stringContaining("the log tells why") },
  ],
  ["another incarnation", 4, undefined, { reason: "INTERRUPTED", message: expect.stringContaining("a@rack stopped") }],
])("what people read of %s", (_, epoch, error, info) => {
  expect(failureOf(job, { epoch, error })).toEqual(info);
});

test("a kind of resource adds reasons of its own", () => {
  const Fault = failureInfo("LOST");
  for (const reason of ["FAILED", "INTERRUPTED", "LOST"])
    expect(Fault.safeParse({ reason, message: "" }).success).toBe(true);
  expect(Fault.safeParse({ reason: "MISSING", message: "" }).success).toBe(false);
  expect(failureInfo().safeParse({ reason: "LOST", message: "" }).success).toBe(false);
});
