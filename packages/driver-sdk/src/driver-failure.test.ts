import { reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { DriverError, fromDriver } from "./driver-error.ts";
import { driverFailureOf, isDriverFailure, markDriverFailure } from "./driver-failure.ts";

const where = { driver: "array", method: "list" };
const failed = (code: "UNAVAILABLE" | "DATA_LOSS") => fromDriver(new DriverError(code, "x"), where);

test("what came out of a driver call is found, also as the cause of what was thrown because of it", () => {
  for (const error of [failed("UNAVAILABLE"), reeveError("DRIVER_LOST", "away")]) {
    expect(driverFailureOf(error)).toEqual({ error, passing: true });
    const wrapped = new Error("initHost could not count", { cause: new Error("list", { cause: error }) });
    expect(driverFailureOf(wrapped)).toEqual({ error, passing: true });
  }
  expect(driverFailureOf(failed("DATA_LOSS"))).toMatchObject({ passing: false });
  expect(driverFailureOf(reeveError("DRIVER_LOST", "closed", { retryable: false }))).toMatchObject({ passing: false });
});

test("an error of any reason tells of its driver once it is marked, and looks as before", () => {
  const own = reeveError("BUSY", "the array rebuilds", { data: { resource: "lun 7" } });
  const shown = JSON.stringify(own);
  expect(isDriverFailure(own)).toBe(false);
  expect(markDriverFailure(own, { ...where, passing: true })).toBe(own);
  expect(driverFailureOf(own)).toEqual({ error: own, passing: true });
  expect([JSON.stringify(own), Object.keys(own)]).toEqual([
    shown,
    Object.keys(reeveError("BUSY", "x", { data: { resource: "r" } })),
  ]);
  // The first to say where it arose is right.
  markDriverFailure(own, { ...where, passing: false });
  expect(driverFailureOf(own)).toMatchObject({ passing: true });
});

test("an AggregateError is a driver's when each of its parts is, and passes when each of them does", () => {
  const paths = new AggregateError([failed("UNAVAILABLE"), failed("DATA_LOSS")]);
  expect(driverFailureOf(paths)).toMatchObject({ error: { code: "DATA_LOSS" }, passing: false });
  expect(isDriverFailure(new AggregateError([failed("UNAVAILABLE"), new Error("own")]))).toBe(false);
  expect(isDriverFailure(new AggregateError([]))).toBe(false);
});

test("anything else is not a driver's, and a circle of causes ends", () => {
  const circle = new Error("circle");
  circle.cause = circle;
  const others = [circle, new Error("own"), new DriverError("UNAVAILABLE", "thrown outside a call"), "text", null];
  for (const other of [...others, undefined, reeveError("INVALID_OPTION", "field: x")])
    expect(isDriverFailure(other)).toBe(false);
  expect(
    markDriverFailure(Object.freeze(reeveError("BUSY", "x", { data: { resource: "r" } })), { ...where, passing: true }),
  ).toBeDefined();
});
