import { expect, test } from "vitest";
import { type Duration, durationMs } from "./duration.ts";

test.each<[Duration, number]>([
  [0, 0],
  [1_500, 1_500],
  ["250ms", 250],
  ["30s", 30_000],
  ["1.5m", 90_000],
  ["2h", 7_200_000],
  ["1d", 86_400_000],
])("%j is %i ms", (value, ms) => {
  expect(durationMs("timeout", value)).toBe(ms);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, "30", "s", "1 s", "-1s", "30d", {}, null, true])(
  "%j is refused, naming the field",
  (value) => {
    expect(() => durationMs("volume.create: timeout", value as Duration)).toThrow(/^volume\.create: timeout: /);
  },
);
