import { expect, test } from "vitest";
import { requireId } from "../require-id.ts";
import { sizeBytes, sizeGiB } from "./volume-size.ts";
import { VolumeStats } from "./volume-stats.ts";

test.each(["01JZX3W8GQ6T4V0N5B2M7K9C1D", "0190f3a1-7d2b-7c3e-9f10-aabbccddeeff", "v", "a_b-C", "9".repeat(64)])(
  "%s is an id",
  (id) => {
    expect(requireId("volume", id)).toBe(id);
  },
);

test.each(["", ".", "..", "a/b", "../a", "/etc", "a.b", "a b", "-a", "_a", "a\0", "a\n", "ä", "a".repeat(65), 7, null])(
  "%j is refused as an id",
  (id) => {
    expect(() => requireId("volume id", id)).toThrow(/^volume id: /);
  },
);

test("sizes are exact in whole MiB and refused otherwise", () => {
  expect(sizeBytes("size", 1)).toBe(1_073_741_824);
  expect(sizeBytes("size", 1 / 1024)).toBe(1_048_576);
  expect(sizeGiB(sizeBytes("size", 3.5))).toBe(3.5);
  for (const size of [0, -1, 0.0001, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 22 + 1, "1", undefined, 1n])
    expect(() => sizeBytes("sizeGiB", size)).toThrow(/^sizeGiB: /);
});

test("statistics must be whole bytes, and not more free than there is", () => {
  const sound = { totalBytes: 10, freeBytes: 4, provisionedBytes: 20 };
  expect(VolumeStats.parse(sound)).toEqual(sound);
  for (const change of [{ freeBytes: 11 }, { freeBytes: -1 }, { totalBytes: 1.5 }, { provisionedBytes: undefined }])
    expect(VolumeStats.safeParse({ ...sound, ...change }).success).toBe(false);
});
