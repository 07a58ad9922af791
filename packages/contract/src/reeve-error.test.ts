import { inspect } from "node:util";
import { expect, test } from "vitest";
import { z } from "zod";
import { catalogue } from "./catalogue.ts";
import { codes } from "./code.ts";
import { contract } from "./contract.ts";
import { isError } from "./is-error.ts";
import { isReason } from "./is-reason.ts";
import { call } from "./operation.ts";
import { ReeveError, reeveError } from "./reeve-error.ts";

test("every reason of the catalogue has a gRPC code and says what to do", () => {
  for (const [reason, { code, means }] of Object.entries(catalogue)) {
    expect(codes, reason).toContain(code);
    expect(means.length, reason).toBeGreaterThan(20);
  }
});

test("JSON carries everything but the stack and the cause", () => {
  const error = reeveError("BUSY", "volume v1 is busy", {
    data: { resource: "v1" },
    address: "a@b",
    cause: new Error("secret"),
  });
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    code: "ABORTED",
    reason: "BUSY",
    message: "volume v1 is busy",
    outcome: "not-executed",
    retryable: true,
    data: { resource: "v1" },
    address: "a@b",
  });
});

test("instanceof holds for an error of another copy of the package, and for nothing that only looks like one", () => {
  const foreign = Object.assign(new Error("x"), { [Symbol.for("reeve.error")]: true });
  expect(foreign).toBeInstanceOf(ReeveError);
  expect(new Error("x")).not.toBeInstanceOf(ReeveError);
  expect({ code: "ABORTED", reason: "BUSY" }).not.toBeInstanceOf(ReeveError);
});

test("isError knows an operation's declared errors and no others", () => {
  const volumes = contract("volume", "1.0", {
    create: call({ input: z.object({}), errors: { QUOTA_EXCEEDED: z.object({ limitGiB: z.number() }) } }),
    delete: call({ input: z.object({}) }),
  });
  const full = new ReeveError({
    code: "FAILED_PRECONDITION",
    reason: "QUOTA_EXCEEDED",
    message: "full",
    outcome: "executed",
    data: { limitGiB: 5 },
  });
  expect(isError(full, volumes, "create", "QUOTA_EXCEEDED")).toBe(true);
  expect(isError(full, volumes, "delete", "QUOTA_EXCEEDED" as never)).toBe(false);
  expect(isError(new Error("QUOTA_EXCEEDED"), volumes, "create", "QUOTA_EXCEEDED")).toBe(false);
});

test("isReason knows the runtime's own reasons, of another copy of the package as well", () => {
  const busy: unknown = reeveError("BUSY", "busy", { data: { resource: "v1" } });
  expect(isReason(busy, "BUSY") && busy.data.resource).toBe("v1");
  expect(isReason(busy, "CANCELLED")).toBe(false);
  expect(isReason(new Error("BUSY"), "BUSY")).toBe(false);
});

test("prints as an error does: its name, message and stack, and what is its own", () => {
  const plain = inspect(reeveError("CANCELLED", "gone"));
  expect(plain).toMatch(/^ReeveError: gone\n {4}at /);
  expect(plain.slice(plain.indexOf("{"))).toBe(
    "{\n  code: 'CANCELLED',\n  reason: 'CANCELLED',\n  outcome: 'maybe-executed',\n  retryable: false\n}",
  );
  const busy = inspect(reeveError("BUSY", "busy", { data: { resource: "v1" }, address: "a@b" }));
  expect(busy).toContain("data: { resource: 'v1' }");
  expect(busy).toContain("address: 'a@b'");
});
