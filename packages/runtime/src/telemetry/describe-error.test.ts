import { ReeveError, reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { describeError } from "./describe-error.ts";

test("an error shows its reason, stack and causes", () => {
  const disk = Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC", syscall: "write" });
  const error = reeveError("STORE_FAILED", "insert failed", { cause: disk, address: "block-01" });
  expect(describeError(error)).toMatchObject({
    name: "ReeveError",
    message: "insert failed",
    code: "INTERNAL",
    reason: "STORE_FAILED",
    outcome: "executed",
    address: "block-01",
    stack: expect.stringContaining("describe-error.test"),
    cause: { name: "Error", code: "ENOSPC", syscall: "write" },
  });
});

test("what libraries hang on errors is left out, and so is a contract's declared data", () => {
  const http = Object.assign(new Error("401"), { config: { headers: { authorization: "Bearer hunter2" } } });
  const declared = new ReeveError({
    code: "FAILED_PRECONDITION",
    reason: "LOGIN_FAILED",
    message: "no",
    outcome: "executed",
    data: { password: "hunter2" },
    cause: http,
  });
  expect(JSON.stringify(describeError(declared))).not.toContain("hunter2");
  expect(describeError(reeveError("BUSY", "busy", { data: { resource: "v1" } }))).toMatchObject({
    data: { resource: "v1" },
  });
});

test("an error that causes itself, an aggregate and a thrown non-error are shown within bounds", () => {
  const loop = new Error("loop");
  loop.cause = loop;
  expect(JSON.stringify(describeError(loop)).match(/"loop"/g)).toHaveLength(9);
  expect(describeError(new AggregateError([new Error("a"), "b"], "both"))).toMatchObject({
    errors: [{ message: "a" }, { name: "string", message: "b" }],
  });
  expect(describeError(Object.create(null))).toEqual({ name: "object", message: "[no text]" });
});
