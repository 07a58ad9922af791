import assert from "node:assert/strict";
import type { VolumeCase } from "./volume-case.ts";

const key = (id: string) => ({ id, volumeId: "a" });
const source = (id: string) => ({ kind: "snapshot", ...key(id) }) as const;

export const snapshots: readonly VolumeCase[] = [
  {
    promise: "a snapshot keeps its content while its volume is written and extended",
    needs: ["snapshots", "clones"],
    async hold(rig) {
      const first = await rig.filled("a");
      await rig.driver.snapshots.create(key("s1"));
      await rig.scribble("a", 2);
      const second = await rig.checksum("a");
      assert.notEqual(second, first);
      await rig.driver.snapshots.create(key("s2"));
      await rig.driver.extend({ id: "a", sizeGiB: rig.sizeGiB * 2 });
      await rig.scribble("a", 3);
      await rig.sameContent(source("s1"), first);
      await rig.sameContent(source("s2"), second);
    },
  },
  {
    promise: "a snapshot is listed under its volume, as large as that was",
    needs: ["snapshots"],
    async hold(rig) {
      await rig.create("a");
      const { sizeGiB } = (await rig.volume("a"))!;
      await rig.driver.snapshots.create(key("s"));
      await rig.driver.extend({ id: "a", sizeGiB: rig.sizeGiB * 2 });
      assert.deepEqual((await rig.driver.list()).snapshots, [{ ...key("s"), sizeGiB }]);
    },
  },
  {
    promise: "taking a snapshot leaves its volume writable and as it was",
    needs: ["snapshots"],
    async hold(rig) {
      const content = await rig.filled("a");
      await rig.driver.snapshots.create(key("s"));
      assert.equal(await rig.checksum("a"), content);
      await rig.scribble("a", 2);
      assert.notEqual(await rig.checksum("a"), content);
    },
  },
  {
    promise:
      "a snapshot's id that is taken is ALREADY_EXISTS, of an unknown volume NOT_FOUND, malformed INVALID_ARGUMENT",
    needs: ["snapshots", "clones"],
    async hold(rig) {
      const content = await rig.filled("a");
      await rig.driver.snapshots.create(key("s"));
      await rig.scribble("a", 2);
      await rig.refuses("ALREADY_EXISTS", rig.driver.snapshots.create(key("s")));
      await rig.sameContent(source("s"), content);
      await rig.refuses("NOT_FOUND", rig.driver.snapshots.create({ id: "s", volumeId: "unknown" }));
      await rig.refuses("INVALID_ARGUMENT", rig.driver.snapshots.create({ id: "../s", volumeId: "a" }));
      await rig.refuses("INVALID_ARGUMENT", rig.driver.snapshots.create({ id: "s", volumeId: "../a" }));
      await rig.refuses("INVALID_ARGUMENT", rig.driver.snapshots.delete({ id: "..", volumeId: "a" }));
      assert.equal((await rig.driver.list()).snapshots.length, 1);
    },
  },
  {
    promise: "two volumes may have snapshots of one id",
    needs: ["snapshots"],
    async hold(rig) {
      await rig.create("a");
      await rig.create("b");
      await rig.driver.snapshots.create({ id: "s", volumeId: "a" });
      await rig.driver.snapshots.create({ id: "s", volumeId: "b" });
      await rig.driver.snapshots.delete({ id: "s", volumeId: "a" });
      const left = (await rig.driver.list()).snapshots.map(({ id, volumeId }) => ({ id, volumeId }));
      assert.deepEqual(left, [{ id: "s", volumeId: "b" }]);
    },
  },
  {
    promise: "deleting a snapshot twice succeeds and leaves its volume as it was",
    needs: ["snapshots"],
    async hold(rig) {
      const content = await rig.filled("a");
      await rig.driver.snapshots.create(key("s"));
      await rig.driver.snapshots.delete(key("s"));
      await rig.driver.snapshots.delete(key("s"));
      assert.deepEqual((await rig.driver.list()).snapshots, []);
      assert.equal(await rig.checksum("a"), content);
    },
  },
  {
    promise: "deleting a volume that has snapshots is FAILED_PRECONDITION, or they keep their content",
    needs: ["snapshots", "clones"],
    async hold(rig) {
      const content = await rig.filled("a");
      await rig.driver.snapshots.create(key("s"));
      const refused = await rig.driver.delete({ id: "a" }).catch((error: { code?: string }) => error);
      if (refused) assert.equal(refused.code, "FAILED_PRECONDITION");
      await rig.sameContent(source("s"), content);
    },
  },
];
