import assert from "node:assert/strict";
import type { Progress } from "../driver-call.ts";
import type { VolumeCase } from "./volume-case.ts";

const from = { kind: "volume", id: "a" } as const;

export const clones: readonly VolumeCase[] = [
  {
    promise: "a clone reads as its source, and each keeps its content when the other is written",
    needs: ["clones"],
    async hold(rig) {
      const content = await rig.filled("a");
      for (const independent of [false, true]) {
        const id = `clone-${independent}`;
        await rig.driver.clones.clone({ id, sizeGiB: rig.sizeGiB, from, independent });
        assert.equal(await rig.checksum(id), content);
        await rig.scribble(id, 2);
        assert.equal(await rig.checksum("a"), content);
        const written = await rig.checksum(id);
        await rig.scribble("a", 3);
        assert.equal(await rig.checksum(id), written);
        await rig.scribble("a", 1);
        assert.equal(await rig.checksum("a"), content);
      }
    },
  },
  {
    promise: "a clone may be larger than its source; the rest reads as zeros",
    needs: ["clones"],
    async hold(rig) {
      const content = await rig.filled("a");
      for (const independent of [false, true]) {
        const id = `clone-${independent}`;
        await rig.driver.clones.clone({ id, sizeGiB: rig.sizeGiB * 2, from, independent });
        assert.equal(await rig.checksum(id), content);
        await rig.holds(id, Buffer.alloc(65_536), rig.sizeBytes);
        assert.equal((await rig.read(id, rig.sizeBytes * 2 - 4096, 4096)).length, 4096);
      }
    },
  },
  {
    promise: "an independent clone survives its source; any other does, or the source cannot be deleted",
    needs: ["clones"],
    async hold(rig) {
      const content = await rig.filled("a");
      await rig.driver.clones.clone({ id: "cheap", sizeGiB: rig.sizeGiB, from });
      const refused = await rig.driver.delete({ id: "a" }).catch((error: { code?: string }) => error);
      if (refused) assert.equal(refused.code, "FAILED_PRECONDITION");
      assert.equal(await rig.checksum("cheap"), content);
      const source = { kind: "volume", id: "cheap" } as const;
      await rig.driver.clones.clone({ id: "full", sizeGiB: rig.sizeGiB, from: source, independent: true });
      await rig.driver.delete({ id: "cheap" });
      assert.equal(await rig.checksum("full"), content);
    },
  },
  {
    promise: "a clone that is refused leaves nothing: INVALID_ARGUMENT when smaller, NOT_FOUND, ALREADY_EXISTS",
    needs: ["clones"],
    async hold(rig) {
      await rig.create("a", rig.sizeGiB * 2);
      const taken = await rig.filled("taken");
      const clone = rig.driver.clones.clone;
      await rig.refuses("INVALID_ARGUMENT", clone({ id: "b", sizeGiB: rig.sizeGiB, from }));
      await rig.refuses("NOT_FOUND", clone({ id: "b", sizeGiB: rig.sizeGiB, from: { kind: "volume", id: "unknown" } }));
      const lost = { kind: "snapshot", id: "unknown", volumeId: "a" } as const;
      await rig.refuses("NOT_FOUND", clone({ id: "b", sizeGiB: rig.sizeGiB * 2, from: lost }));
      await rig.refuses("ALREADY_EXISTS", clone({ id: "taken", sizeGiB: rig.sizeGiB * 2, from }));
      await rig.refuses("INVALID_ARGUMENT", clone({ id: "../b", sizeGiB: rig.sizeGiB * 2, from }));
      const outside = { kind: "volume", id: "../a" } as const;
      await rig.refuses("INVALID_ARGUMENT", clone({ id: "b", sizeGiB: rig.sizeGiB * 2, from: outside }));
      assert.deepEqual(await rig.ids(), ["a", "taken"]);
      assert.deepEqual((await rig.driver.list()).leftovers, []);
      assert.equal(await rig.checksum("taken"), taken);
    },
  },
  {
    promise: "a clone tells its progress, which never falls and ends at the whole",
    needs: ["clones"],
    async hold(rig) {
      await rig.filled("a");
      for (const independent of [false, true]) {
        const steps: Progress[] = [];
        const onProgress = (step: Progress) => void steps.push(step);
        const id = `clone-${independent}`;
        await rig.driver.clones.clone({ id, sizeGiB: rig.sizeGiB, from, independent }, { onProgress });
        let last = 0;
        for (const { doneBytes, totalBytes } of steps) {
          assert.ok(doneBytes >= last && doneBytes <= totalBytes, `${doneBytes} of ${totalBytes} after ${last}`);
          last = doneBytes;
        }
        assert.ok(last > 0 && last === steps.at(-1)!.totalBytes, `ended at ${JSON.stringify(steps.at(-1))}`);
      }
    },
  },
];
