import { expect, test } from "vitest";
import { countText, durationText, percentText } from "./number-text.ts";

test.each([
  [0, "0"],
  [0.0156, "0.016"],
  [0.25, "0.25"],
  [2.25, "2.3"],
  [1_234, "1,234"],
  [12_345, "12.3K"],
  [3_400_000, "3.4M"],
])("a count of %d", (count, text) => expect(countText(count)).toBe(text));

test.each([
  [0, "0 %"],
  [0.0004, "<0.1 %"],
  [0.0251, "2.5 %"],
  [0.376, "38 %"],
  [1, "100 %"],
])("a share of %d", (share, text) => expect(percentText(share)).toBe(text));

test.each([
  [0.0421, "0.042 ms"],
  [3.14, "3.1 ms"],
  [99.6, "100 ms"],
  [123.4, "123 ms"],
  [999.6, "1 s"],
  [1_234, "1.2 s"],
  [12_345, "12 s"],
  [130_000, "2 min"],
])("a duration of %d ms", (ms, text) => expect(durationText(ms)).toBe(text));
