import assert from "node:assert/strict";
import type { VolumeCase } from "./volume-case.ts";
import { pattern, type VolumeRig } from "./volume-rig.ts";

async function* noise(bytes: number): AsyncGenerator<Buffer> {
  for (let done = 0; done < bytes; done += 65_536) yield pattern(done + 1, Math.min(65_536, bytes - done));
}

function importNoise(rig: VolumeRig, id: string, bytes: number): Promise<void> {
  const sizeGiB = Math.max(rig.sizeGiB, Math.ceil(bytes / 2 ** 20) / 1024);
  return rig.driver.images.import({ id, sizeGiB, data: noise(bytes) });
}

export const fullDevice: readonly VolumeCase[] = [
  {
    promise: "an import that does not fit is RESOURCE_EXHAUSTED, leaves nothing, and its space is free again",
    needs: ["images"],
    onSmallDevice: true,
    async hold(rig) {
      await importNoise(rig, "kept", rig.fillBytes / 4);
      const content = await rig.checksum("kept", rig.fillBytes / 4);
      await rig.refuses("RESOURCE_EXHAUSTED", importNoise(rig, "large", rig.fillBytes * 4));
      assert.deepEqual(await rig.ids(), ["kept"]);
      assert.equal(await rig.checksum("kept", rig.fillBytes / 4), content);
      await rig.driver.delete({ id: "large" });
      await importNoise(rig, "large", rig.fillBytes / 2);
      assert.deepEqual(await rig.ids(), ["kept", "large"]);
    },
  },
  {
    promise: "an independent clone that does not fit is RESOURCE_EXHAUSTED and leaves nothing",
    needs: ["images", "clones"],
    onSmallDevice: true,
    async hold(rig) {
      const bytes = (rig.fillBytes / 16) * 15;
      await importNoise(rig, "a", bytes);
      const content = await rig.checksum("a", bytes);
      const { sizeGiB } = (await rig.volume("a"))!;
      const from = { kind: "volume", id: "a" } as const;
      // A device that holds less than twice the filling.
      for (const id of ["b", "c"]) {
        const done = await rig.driver.clones.clone({ id, sizeGiB, from, independent: true }).then(
          () => undefined,
          (error: { code?: string }) => error.code,
        );
        if (done === undefined) continue;
        assert.equal(done, "RESOURCE_EXHAUSTED");
        assert.equal(await rig.volume(id), undefined);
        assert.equal(await rig.checksum("a", bytes), content);
        return;
      }
      assert.fail("two full copies fitted: makeSmall makes a device that is too large, or the copies share storage");
    },
  },
  {
    promise: "on a full device volumes can be listed and deleted, and then made again",
    needs: ["images"],
    onSmallDevice: true,
    async hold(rig) {
      const ids: string[] = [];
      for (let full = false; !full; ) {
        const id = `a${ids.length}`;
        await importNoise(rig, id, rig.fillBytes / 8).then(
          () => ids.push(id),
          (error: { code?: string }) => {
            assert.equal(error.code, "RESOURCE_EXHAUSTED", String(error));
            full = true;
          },
        );
        assert.ok(ids.length <= 32, "the device does not get full");
      }
      assert.deepEqual(await rig.ids(), [...ids].sort());
      const { freeBytes } = await rig.driver.stats();
      assert.ok(freeBytes <= rig.fillBytes / 4, `freeBytes ${freeBytes} on a full device`);
      for (const id of ids) await rig.driver.delete({ id });
      await importNoise(rig, "again", rig.fillBytes / 2);
      assert.deepEqual(await rig.ids(), ["again"]);
    },
  },
];
