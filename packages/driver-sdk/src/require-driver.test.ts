import type { Version } from "@reeve/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { driverPort } from "./driver-port.ts";
import { method } from "./method.ts";
import { requireDriverOf } from "./require-driver.ts";

const portAt = (version: Version) => driverPort("lamp", { version, methods: { dim: method<number>() } });

const driverFor = (port: ReturnType<typeof portAt>, written?: Version) =>
  defineDriver(port, {
    name: "test-lamp",
    ...(written ? { implements: written } : {}),
    options: z.object({}),
    setup: () => ({}),
    methods: { dim: () => {} },
  })({});

test.each([
  ["1.2", "1.2", true],
  ["1.2", "1.3", true],
  ["1.2", "1.1", false],
  ["1.2", "2.2", false],
  ["2.0", "1.9", false],
] as const)("a manager of port %s takes a driver written against %s: %s", (needed, written, taken) => {
  for (const driver of [driverFor(portAt(written)), driverFor(portAt("1.2"), written)]) {
    const require = () => requireDriverOf(portAt(needed), driver);
    if (taken) expect(require).not.toThrow();
    else expect(require).toThrow(`driver test-lamp: implements lamp ${written}; the manager needs ${needed}`);
  }
});

test("a driver of another port is refused, though it has the same methods", () => {
  const fan = driverPort("fan", { version: "1.2", methods: { dim: method<number>() } });
  expect(() => requireDriverOf(fan, driverFor(portAt("1.2")))).toThrow(
    "driver test-lamp: implements the lamp port; the manager needs a fan driver",
  );
});

test("a driver whose own copy of the port lacks a method of the manager's is refused by the method's name", () => {
  const grown = driverPort("lamp", { version: "1.2", methods: { dim: method<number>(), blink: method<number>() } });
  expect(() => requireDriverOf(grown, driverFor(portAt("1.2")))).toThrow("driver test-lamp: method blink is missing");
});

test.each([
  [undefined, /driver: missing/],
  [() => {}, /must be called with its options first/],
  [{ name: "fake" }, /expected the result of a driver factory/],
])("anything but a driver is refused: %s", (value, message) => {
  expect(() => requireDriverOf(portAt("1.0"), value)).toThrow(message);
});
