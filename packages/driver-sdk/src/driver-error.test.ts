import { codes, reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { DriverError, fromDriver } from "./driver-error.ts";

const where = { driver: "test-lamp", method: "dim" };

test("only failures that pass by themselves are retryable by default; the driver's own word wins", () => {
  const retryable = codes.filter((code) => new DriverError(code, "x").retryable);
  expect(retryable.sort()).toEqual(["ABORTED", "DEADLINE_EXCEEDED", "UNAVAILABLE"]);
  expect(new DriverError("UNAVAILABLE", "x", { retryable: false }).retryable).toBe(false);
  expect(new DriverError("INTERNAL", "x", { retryable: true }).retryable).toBe(true);
});

test("instanceof holds for the error of another copy of this package", () => {
  const foreign = Object.assign(new Error("x"), { [Symbol.for("reeve.driver-error")]: true });
  expect(foreign).toBeInstanceOf(DriverError);
  expect(new Error("x")).not.toBeInstanceOf(DriverError);
});

test("a code outside the canonical ones is INTERNAL", () => {
  expect(new DriverError("ENOENT" as "INTERNAL", "x").code).toBe("INTERNAL");
});

test("a driver error becomes DRIVER_FAILED with code, data, word on retrying and cause; its data cannot hide where it arose", () => {
  const cause = new DriverError("ABORTED", "in use", { data: { lock: 7, driver: "liar" } });
  expect(fromDriver(cause, where)).toMatchObject({
    reason: "DRIVER_FAILED",
    code: "ABORTED",
    retryable: true,
    message: "test-lamp: dim: in use",
    data: { lock: 7, driver: "test-lamp", method: "dim", retryable: true },
    cause,
  });
});

test("anything else thrown is INTERNAL, and a ReeveError stays what it is", () => {
  const bug = new TypeError("undefined is not a lamp");
  expect(fromDriver(bug, where)).toMatchObject({ code: "INTERNAL", retryable: false, cause: bug });
  expect(fromDriver("smoke", where)).toMatchObject({ message: "test-lamp: dim: smoke", cause: "smoke" });
  const own = reeveError("BUSY", "x", { data: { resource: "r" } });
  expect(fromDriver(own, where)).toBe(own);
});
