import assert from "node:assert/strict";
import { describeIssues, issuesOf } from "@reeve/contract/internal";
import { VolumeStats } from "../volume/index.ts";
import type { VolumeCase } from "./volume-case.ts";
import { pattern, type VolumeRig } from "./volume-rig.ts";

async function sound(rig: VolumeRig): Promise<VolumeStats> {
  const result = await VolumeStats["~standard"].validate(await rig.driver.stats());
  if (result.issues) assert.fail(`stats: ${describeIssues(issuesOf(result.issues))}`);
  return result.value;
}

export const statistics: readonly VolumeCase[] = [
  {
    promise: "statistics satisfy the port's schema",
    async hold(rig) {
      const { totalBytes, provisionedBytes } = await sound(rig);
      assert.ok(totalBytes > 0, "totalBytes is 0");
      assert.equal(provisionedBytes, 0);
    },
  },
  {
    promise: "what is provisioned is the sum of what is listed, after creating, extending and deleting",
    async hold(rig) {
      const agree = async () => {
        const { volumes, snapshots } = await rig.driver.list();
        const listed = [...volumes, ...snapshots].reduce((sum, { sizeGiB }) => sum + sizeGiB * 2 ** 30, 0);
        const { provisionedBytes } = await sound(rig);
        assert.equal(provisionedBytes, listed);
        return provisionedBytes;
      };
      await rig.create("a");
      await rig.create("b");
      const two = await agree();
      await rig.driver.extend({ id: "b", sizeGiB: rig.sizeGiB * 2 });
      assert.ok((await agree()) > two);
      await rig.driver.delete({ id: "b" });
      await rig.driver.delete({ id: "a" });
      assert.equal(await agree(), 0);
    },
  },
  {
    promise: "what is written is no longer free, and free again after deleting",
    onSmallDevice: true,
    async hold(rig) {
      const before = await sound(rig);
      assert.ok(before.totalBytes >= rig.fillBytes, `totalBytes ${before.totalBytes}: the device is not the small one`);
      assert.ok(before.freeBytes >= rig.fillBytes / 2, `freeBytes ${before.freeBytes}: the device is not empty`);
      const bytes = Math.min(rig.sizeBytes, rig.fillBytes / 2);
      await rig.create("a");
      await rig.write("a", pattern(1, bytes));
      const written = await sound(rig);
      assert.ok(
        before.freeBytes - written.freeBytes >= bytes * 0.9,
        `freeBytes fell by ${before.freeBytes - written.freeBytes}`,
      );
      await rig.driver.delete({ id: "a" });
      const after = await sound(rig);
      assert.ok(
        after.freeBytes - written.freeBytes >= bytes * 0.9,
        `freeBytes rose by ${after.freeBytes - written.freeBytes}`,
      );
    },
  },
];
