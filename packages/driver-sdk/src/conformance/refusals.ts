import assert from "node:assert/strict";
import type { VolumeCase } from "./volume-case.ts";

const oddIds = [
  "",
  ".",
  "..",
  "../a",
  "a/b",
  "/etc/passwd",
  "a\\b",
  "a.b",
  "a b",
  "-rf",
  "a\0b",
  "a\nb",
  "%2e%2e",
  "ä",
  "x".repeat(65),
];

const oddNames = [
  "",
  "..",
  "../../etc/passwd",
  "a/b",
  "-rf /",
  "$(reboot)",
  "'; --",
  "a\0b",
  "a\nb",
  "🗄️ volume",
  "x".repeat(10_000),
];

const noSizes = [
  0,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1 / 4096,
  1e300,
  "1" as unknown as number,
  undefined as never,
];

export const refusals: readonly VolumeCase[] = [
  {
    promise: "an unknown id is NOT_FOUND",
    async hold(rig) {
      await rig.create("other");
      await rig.refuses("NOT_FOUND", rig.driver.extend({ id: "a", sizeGiB: rig.sizeGiB }));
      await rig.refuses("NOT_FOUND", rig.driver.connect({ id: "a" }));
      assert.deepEqual(await rig.ids(), ["other"]);
    },
  },
  {
    promise: "a malformed id is INVALID_ARGUMENT everywhere and does nothing",
    async hold(rig) {
      await rig.create("other");
      for (const id of [...oddIds, 7 as unknown as string, undefined as never]) {
        await rig.refuses("INVALID_ARGUMENT", rig.create(id));
        await rig.refuses("INVALID_ARGUMENT", rig.driver.delete({ id }));
        await rig.refuses("INVALID_ARGUMENT", rig.driver.extend({ id, sizeGiB: rig.sizeGiB }));
        await rig.refuses("INVALID_ARGUMENT", rig.driver.connect({ id }));
        await rig.refuses("INVALID_ARGUMENT", rig.driver.disconnect({ id }));
      }
      assert.deepEqual(await rig.ids(), ["other"]);
    },
  },
  {
    promise: "a size of the wrong shape is INVALID_ARGUMENT and makes nothing",
    async hold(rig) {
      for (const sizeGiB of noSizes) await rig.refuses("INVALID_ARGUMENT", rig.driver.create({ id: "a", sizeGiB }));
      assert.deepEqual(await rig.ids(), []);
    },
  },
  {
    promise: "any text will do as a volume's name",
    async hold(rig) {
      for (const [i, name] of oddNames.entries()) await rig.driver.create({ id: `v${i}`, sizeGiB: rig.sizeGiB, name });
      assert.deepEqual(await rig.ids(), oddNames.map((_, i) => `v${i}`).sort());
    },
  },
  {
    promise: "rows with more fields serve as input",
    async hold(rig) {
      const row = { id: "a", sizeGiB: rig.sizeGiB, name: "db", status: "creating", host: null };
      await rig.driver.create(row);
      await rig.driver.extend({ ...row, sizeGiB: rig.sizeGiB * 2 });
      await rig.driver.delete(row);
      assert.deepEqual(await rig.ids(), []);
    },
  },
];
