import assert from "node:assert/strict";
import type { VolumeCase } from "./volume-case.ts";
import { pattern, type VolumeRig } from "./volume-rig.ts";

const ten = Array.from({ length: 10 }, (_, i) => i);

function codesOf(results: readonly PromiseSettledResult<unknown>[]): string[] {
  return results.flatMap((result) =>
    result.status === "rejected" ? [(result.reason as { code?: string }).code ?? String(result.reason)] : [],
  );
}

/** One of the ids a driver may have been asked to make and remove at once: there whole, or not at all. */
async function wholeOrAbsent(rig: VolumeRig, id: string): Promise<void> {
  const found = await rig.volume(id);
  if (!found) return rig.refuses("NOT_FOUND", rig.driver.connect({ id }));
  assert.ok(found.sizeGiB >= rig.sizeGiB, `listed as ${JSON.stringify(found)}`);
  await rig.checksum(id);
}

export const concurrency: readonly VolumeCase[] = [
  {
    promise: "of ten creates of one id at once exactly one succeeds, the others are ALREADY_EXISTS",
    async hold(rig) {
      const results = await Promise.allSettled(ten.map(() => rig.create("a")));
      assert.deepEqual(codesOf(results), Array(9).fill("ALREADY_EXISTS"));
      const { leftovers } = await rig.driver.list();
      assert.deepEqual({ ids: await rig.ids(), leftovers }, { ids: ["a"], leftovers: [] });
    },
  },
  {
    promise: "ten deletes of one id at once all succeed",
    async hold(rig) {
      await rig.create("a");
      await Promise.all(ten.map(() => rig.driver.delete({ id: "a" })));
      assert.deepEqual(await rig.ids(), []);
    },
  },
  {
    promise: "creates, extends and deletes of one id at once leave it whole or absent",
    async hold(rig) {
      for (const round of ten) {
        const id = `a${round}`;
        const results = await Promise.allSettled([
          rig.create(id),
          rig.driver.extend({ id, sizeGiB: rig.sizeGiB * 2 }),
          rig.driver.delete({ id }),
          rig.create(id),
          rig.driver.extend({ id, sizeGiB: rig.sizeGiB * 2 }),
        ]);
        for (const code of codesOf(results))
          assert.ok(["ALREADY_EXISTS", "NOT_FOUND"].includes(code), `a call failed with ${code}`);
        await wholeOrAbsent(rig, id);
        await rig.driver.delete({ id });
      }
      assert.deepEqual(await rig.driver.list(), { volumes: [], snapshots: [], leftovers: [] });
    },
  },
  {
    promise: "creates of different ids at once all succeed",
    async hold(rig) {
      await Promise.all(ten.map((i) => rig.create(`a${i}`)));
      assert.deepEqual(
        await rig.ids(),
        ten.map((i) => `a${i}`),
      );
    },
  },
  {
    promise: "a volume in the making is neither listed nor left over, and holds up no other",
    needs: ["images"],
    async hold(rig) {
      const empty = { volumes: [], snapshots: [], leftovers: [] };
      const seen: unknown[] = [];
      async function* watched() {
        yield pattern(1, rig.sizeBytes / 2);
        seen.push(await rig.driver.list());
        await rig.create("other");
        await rig.driver.delete({ id: "other" });
        yield pattern(2, rig.sizeBytes / 2);
        seen.push(await rig.driver.list());
      }
      await rig.driver.images.import({ id: "a", sizeGiB: rig.sizeGiB, data: watched() });
      assert.deepEqual(seen, [empty, empty]);
      assert.deepEqual(await rig.ids(), ["a"]);
    },
  },
];
