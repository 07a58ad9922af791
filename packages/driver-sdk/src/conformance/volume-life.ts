import assert from "node:assert/strict";
import type { VolumeCase } from "./volume-case.ts";
import { pattern } from "./volume-rig.ts";

export const volumeLife: readonly VolumeCase[] = [
  {
    promise: "a new device is empty",
    async hold({ driver }) {
      assert.deepEqual(await driver.list(), { volumes: [], snapshots: [], leftovers: [] });
    },
  },
  {
    promise: "a created volume is listed, as large as asked for, and reads as zeros",
    async hold(rig) {
      await rig.create("a");
      const made = await rig.volume("a");
      assert.ok(made && made.sizeGiB >= rig.sizeGiB, `listed as ${JSON.stringify(made)}`);
      for (const offset of [0, Math.floor(rig.sizeBytes / 2), rig.sizeBytes - 4096])
        await rig.holds("a", Buffer.alloc(4096), offset);
    },
  },
  {
    promise: "what is written to a connected volume is there when it is connected again",
    async hold(rig) {
      await rig.create("a");
      const data = pattern(1, 65_536);
      await rig.write("a", data, rig.sizeBytes - data.length);
      await rig.holds("a", data, rig.sizeBytes - data.length);
    },
  },
  {
    promise: "connecting twice gives the same answer, and disconnecting twice succeeds",
    async hold(rig) {
      await rig.create("a");
      assert.deepEqual(await rig.driver.connect({ id: "a" }), await rig.driver.connect({ id: "a" }));
      await rig.driver.disconnect({ id: "a" });
      await rig.driver.disconnect({ id: "a" });
    },
  },
  {
    promise: "creating an id that is taken is ALREADY_EXISTS and leaves the volume as it was",
    async hold(rig) {
      const before = await rig.filled("a");
      await rig.refuses("ALREADY_EXISTS", rig.create("a"));
      await rig.refuses("ALREADY_EXISTS", rig.create("a", rig.sizeGiB * 2));
      assert.equal(await rig.checksum("a"), before);
      assert.deepEqual(await rig.ids(), ["a"]);
    },
  },
  {
    promise: "deleting removes the volume and no other, and deleting again succeeds",
    async hold(rig) {
      const kept = await rig.filled("kept");
      await rig.create("gone");
      await rig.driver.delete({ id: "gone" });
      await rig.driver.delete({ id: "gone" });
      await rig.driver.delete({ id: "never-there" });
      assert.deepEqual(await rig.ids(), ["kept"]);
      assert.equal(await rig.checksum("kept"), kept);
    },
  },
  {
    promise: "an id that was deleted can be created anew and reads as zeros",
    async hold(rig) {
      await rig.create("a");
      const zeros = await rig.checksum("a");
      await rig.scribble("a", 1);
      await rig.driver.delete({ id: "a" });
      await rig.create("a");
      assert.equal(await rig.checksum("a"), zeros);
    },
  },
  {
    promise: "extending keeps the content, and the new part reads as zeros",
    async hold(rig) {
      const before = await rig.filled("a");
      await rig.driver.extend({ id: "a", sizeGiB: rig.sizeGiB * 2 });
      const extended = await rig.volume("a");
      assert.ok(extended && extended.sizeGiB >= rig.sizeGiB * 2, `listed as ${JSON.stringify(extended)}`);
      assert.equal(await rig.checksum("a"), before);
      await rig.holds("a", Buffer.alloc(65_536), rig.sizeBytes);
      assert.equal((await rig.read("a", rig.sizeBytes * 2 - 4096, 4096)).length, 4096);
    },
  },
  {
    promise: "extending to the present size succeeds; to a smaller one is INVALID_ARGUMENT and changes nothing",
    async hold(rig) {
      await rig.create("a", rig.sizeGiB * 2);
      const before = await rig.volume("a");
      await rig.driver.extend({ id: "a", sizeGiB: rig.sizeGiB * 2 });
      await rig.refuses("INVALID_ARGUMENT", rig.driver.extend({ id: "a", sizeGiB: rig.sizeGiB }));
      assert.deepEqual(await rig.volume("a"), before);
    },
  },
];
