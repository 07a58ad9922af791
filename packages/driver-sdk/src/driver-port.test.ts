import { expect, test } from "vitest";
import { driverPort } from "./driver-port.ts";
import { method } from "./method.ts";

const dim = method<number>();

test.each([
  ["a malformed name", () => driverPort("Lamp", { version: "1.0", methods: {} }), /driver port "Lamp"/],
  [
    "a malformed version",
    () => driverPort("lamp", { version: "1" as "1.0", methods: {} }),
    /lamp: version: expected "major\.minor", got "1"/,
  ],
  ["a malformed method", () => driverPort("lamp", { version: "1.0", methods: { "a b": dim } }), /method "a b"/],
  [
    "a reserved method",
    () => driverPort("lamp", { version: "1.0", methods: { close: dim } }),
    /method "close".*reserved/,
  ],
  [
    "a reserved ability",
    () => driverPort("lamp", { version: "1.0", methods: {}, abilities: { healthy: {} } }),
    /ability "healthy".*reserved/,
  ],
  [
    "an ability named like a method",
    () => driverPort("lamp", { version: "1.0", methods: { dim }, abilities: { dim: {} } }),
    /"dim" is a method and an ability/,
  ],
  [
    "a malformed method of an ability",
    () => driverPort("lamp", { version: "1.0", methods: {}, abilities: { films: { "play!": dim } } }),
    /ability films "play!"/,
  ],
  [
    "a malformed timeout",
    () => method({ timeout: "soon" as "1s" }),
    /method timeout: expected milliseconds .*, got "soon"/,
  ],
])("%s is refused by name", (_what, define, message) => {
  expect(define).toThrow(message);
});
