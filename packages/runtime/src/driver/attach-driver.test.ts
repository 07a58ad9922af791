import { defineDriver, driverPort, method } from "@reeve/driver-sdk";
import { expect, test } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { seededRandom } from "../base/random.ts";
import { silentLogger } from "../telemetry/index.ts";
import { attachDriver } from "./attach-driver.ts";
import { compileDriverLimits } from "./driver-limits.ts";
import { lamp, lampPort } from "./lamp.fixture.ts";

function attach(driver: unknown) {
  return attachDriver({
    port: lampPort,
    driver: driver as ReturnType<typeof lamp>,
    clock: new ManualClock(),
    random: seededRandom(1),
    log: silentLogger,
    epoch: 7,
    limits: compileDriverLimits("driver limits"),
    events: { onReady() {}, onLost() {} },
  });
}

test("what is no driver of the manager's port is refused, naming what is wrong", () => {
  const fan = defineDriver(driverPort("fan", { version: "1.0", methods: { spin: method<number>() } }), {
    name: "test-fan",
    options: z.object({}),
    setup: () => ({}),
    methods: { spin: () => {} },
  });
  expect(() => attach(undefined)).toThrow("driver: missing");
  expect(() => attach(lamp)).toThrow("a factory must be called with its options first");
  expect(() => attach(fan({}))).toThrow("driver test-fan: implements the fan port; the manager needs a lamp driver");
});

test("limits that make no sense are refused by name", () => {
  expect(() => compileDriverLimits("driver limits", { maxConcurrent: 0 })).toThrow(
    "driver limits: maxConcurrent: expected a whole number from 1, or Infinity, got 0",
  );
  expect(() => compileDriverLimits("driver limits", { checkEvery: "soon" as "1s" })).toThrow(
    'driver limits: checkEvery: expected milliseconds from 0 to 2147483647, or text like "30s", got "soon"',
  );
});
