import { afterEach, expect, test, vi } from "vitest";
import { ageText, dateText } from "./clock.ts";

afterEach(() => vi.unstubAllEnvs());

test.each([
  ["UTC", "2026-11-30 13:03:22.120 UTC+00:00"],
  ["Asia/Kolkata", "2026-11-30 18:33:22.120 UTC+05:30"],
  ["America/St_Johns", "2026-11-30 09:33:22.120 UTC-03:30"],
])("a date in %s has its zone", (zone, text) => {
  vi.stubEnv("TZ", zone);
  expect(dateText(Date.UTC(2026, 10, 30, 13, 3, 22, 120))).toBe(text);
});

test.each([
  [-5, "0 s"],
  [59_999, "59 s"],
  [720_000, "12 min"],
  [7_500_000, "2 h 5 min"],
  [352_800_000, "4 d 2 h"],
])("an age of %d ms is told as %s", (ms, text) => {
  expect(ageText(ms)).toBe(text);
});
