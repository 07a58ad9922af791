import { expect, test } from "vitest";
import { failureInfo, failureOf } from "./failure-info.ts";

const job = { kind: "slot.creating", address: "a@rack" };

test.each([
  ["an error of this incarnation", new Error("worn out"), { reason: "FAILED", message: "worn out" }],
  [
    "something else that was thrown",
    "worn out",
    { reason: "FAILED", message: expect.stringContaining("the log tells why") },
  ],
  ["a crash", undefined, { reason: "INTERRUPTED", message: expect.stringContaining("a@rack stopped") }],
])("what people read of %s", (_, error, info) => {
  expect(failureOf(job, { error })).toEqual(info);
});

test("a kind of resource adds reasons of its own", () => {
  const Fault = failureInfo("LOST");
  for (const reason of ["FAILED", "INTERRUPTED", "LOST"])
    expect(Fault.safeParse({ reason, message: "" }).success).toBe(true);
  expect(Fault.safeParse({ reason: "MISSING", message: "" }).success).toBe(false);
  expect(failureInfo().safeParse({ reason: "LOST", message: "" }).success).toBe(false);
});
