import assert from "node:assert/strict";
import type { VolumeCase } from "./volume-case.ts";
import { pattern, type VolumeRig } from "./volume-rig.ts";

/** Asserts that the id is free: not there, and usable as if nothing had been tried. */
async function untouched(rig: VolumeRig, id: string): Promise<void> {
  assert.equal(await rig.volume(id), undefined, "a half-made volume is listed");
  await rig.refuses("NOT_FOUND", rig.driver.connect({ id }));
  await rig.create(id);
  await rig.create("fresh");
  assert.equal(await rig.checksum(id), await rig.checksum("fresh"), "what was tried before shines through");
  await rig.driver.delete({ id });
  await rig.driver.delete({ id: "fresh" });
  const { leftovers } = await rig.driver.list();
  assert.deepEqual(
    leftovers.filter((leftover) => leftover.id === id),
    [],
    "deleting the id left something",
  );
}

export const interruption: readonly VolumeCase[] = [
  {
    promise: "a call whose signal has aborted already does nothing",
    async hold(rig) {
      const signal = AbortSignal.abort();
      await assert.rejects(rig.driver.create({ id: "a", sizeGiB: rig.sizeGiB }, { signal }));
      await untouched(rig, "a");
    },
  },
  {
    promise: "an import that is cancelled halfway ends soon and leaves nothing",
    needs: ["images"],
    async hold(rig) {
      const controller = new AbortController();
      async function* half() {
        yield pattern(1, rig.sizeBytes / 2);
        controller.abort();
        await new Promise(() => {});
      }
      const { signal } = controller;
      const importing = rig.driver.images.import({ id: "a", sizeGiB: rig.sizeGiB, data: half() }, { signal });
      await assert.rejects(importing, (error: Error) => !/did not return within/.test(error.message));
      await untouched(rig, "a");
    },
  },
  {
    promise: "an import whose data fails halfway fails and leaves nothing",
    needs: ["images"],
    async hold(rig) {
      async function* failing() {
        yield pattern(1, rig.sizeBytes / 2);
        throw new Error("the sender hung up");
      }
      await assert.rejects(rig.driver.images.import({ id: "a", sizeGiB: rig.sizeGiB, data: failing() }));
      await untouched(rig, "a");
    },
  },
  {
    promise: "a clone that is cancelled halfway leaves nothing, or is whole because it was already done",
    needs: ["clones"],
    async hold(rig) {
      const content = await rig.filled("a");
      for (const independent of [false, true]) {
        const id = `clone-${independent}`;
        const controller = new AbortController();
        const from = { kind: "volume", id: "a" } as const;
        const options = { signal: controller.signal, onProgress: () => controller.abort() };
        const done = await rig.driver.clones.clone({ id, sizeGiB: rig.sizeGiB, from, independent }, options).then(
          () => true,
          () => false,
        );
        if (done || (await rig.volume(id))) assert.equal(await rig.checksum(id), content);
        else await untouched(rig, id);
        assert.equal(await rig.checksum("a"), content);
      }
    },
  },
  {
    promise: "an export that is cancelled ends with an error unless it was complete, and harms nothing",
    needs: ["images"],
    async hold(rig) {
      const content = await rig.filled("a");
      const controller = new AbortController();
      const { signal } = controller;
      let bytes = 0;
      const reading = (async () => {
        for await (const chunk of rig.driver.images.export({ kind: "volume", id: "a" }, { signal })) {
          bytes += chunk.length;
          controller.abort();
        }
      })();
      const failed = await reading.then(
        () => false,
        () => true,
      );
      assert.ok(failed || bytes >= rig.sizeBytes, `ended after ${bytes} of ${rig.sizeBytes} bytes as if that were all`);
      assert.equal(await rig.checksum("a"), content);
    },
  },
];
