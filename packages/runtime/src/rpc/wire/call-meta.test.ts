import { expect, test } from "vitest";
import { readMeta } from "./call-meta.ts";

test("an idempotency key has 1 to 200 characters, whoever sends it", () => {
  const longest = "k".repeat(200);
  expect(readMeta({ key: longest })).toEqual({ key: longest });
  for (const key of ["", `${longest}k`, "k".repeat(230), 7, null]) {
    expect(() => readMeta({ key })).toThrow(/meta\.key: expected text of 1 to 200 characters/);
  }
});
