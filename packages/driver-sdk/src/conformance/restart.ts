import assert from "node:assert/strict";
import type { VolumeCase } from "./volume-case.ts";

export const restart: readonly VolumeCase[] = [
  {
    promise: "after a restart every volume is there with its content, and can be extended and deleted",
    async hold(rig) {
      const content = await rig.filled("a");
      await rig.create("b", rig.sizeGiB * 2);
      const before = await rig.driver.list();
      await rig.restart();
      const after = await rig.driver.list();
      const sorted = [before, after].map(({ volumes }) => [...volumes].sort((x, y) => x.id.localeCompare(y.id)));
      assert.deepEqual(sorted[1], sorted[0]);
      assert.equal(await rig.checksum("a"), content);
      await rig.refuses("ALREADY_EXISTS", rig.create("a"));
      await rig.driver.extend({ id: "a", sizeGiB: rig.sizeGiB * 2 });
      await rig.driver.delete({ id: "b" });
      assert.deepEqual(await rig.ids(), ["a"]);
    },
  },
  {
    promise: "after a restart every snapshot is there with its content",
    needs: ["snapshots", "clones"],
    async hold(rig) {
      const content = await rig.filled("a");
      await rig.driver.snapshots.create({ id: "s", volumeId: "a" });
      await rig.scribble("a", 2);
      const before = await rig.driver.list();
      await rig.restart();
      assert.deepEqual((await rig.driver.list()).snapshots, before.snapshots);
      await rig.sameContent({ kind: "snapshot", id: "s", volumeId: "a" }, content);
    },
  },
];
