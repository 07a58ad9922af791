import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Source } from "../volume/index.ts";
import type { VolumeCase } from "./volume-case.ts";
import { pattern, type VolumeRig } from "./volume-rig.ts";

async function exported(rig: VolumeRig, source: Source): Promise<string> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of rig.driver.images.export(source)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  const { volumes, snapshots } = await rig.driver.list();
  const images = source.kind === "volume" ? volumes : snapshots;
  const listed = images.find(({ id }) => id === source.id)!.sizeGiB * 2 ** 30;
  assert.equal(bytes, listed, `${bytes} bytes of ${listed} came out`);
  return hash.digest("hex");
}

/** Cuts data into chunks of sizes that fit nothing. */
export async function* chunked(data: Buffer, ...sizes: number[]): AsyncGenerator<Buffer> {
  for (let at = 0, i = 0; at < data.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield data.subarray(at, at + size);
    at += size;
  }
}

export const images: readonly VolumeCase[] = [
  {
    promise: "what is imported is exported again, byte for byte, however it was cut",
    needs: ["images"],
    async hold(rig) {
      const data = Buffer.alloc(rig.sizeBytes);
      pattern(1, 300_001).copy(data, 0);
      pattern(2, 70_000).copy(data, rig.sizeBytes / 2 + 13);
      data[rig.sizeBytes - 1] = 7;
      const wanted = createHash("sha256").update(data).digest("hex");
      for (const [i, sizes] of [[1 << 20], [65_536], [7_777, 1, 100_003]].entries()) {
        const id = `a${i}`;
        await rig.driver.images.import({ id, sizeGiB: rig.sizeGiB, data: chunked(data, ...sizes) });
        assert.equal(await exported(rig, { kind: "volume", id }), wanted);
        assert.equal(await rig.checksum(id), wanted);
      }
    },
  },
  {
    promise: "an export reads what a connection reads, of volumes and of snapshots",
    needs: ["images", "snapshots"],
    async hold(rig) {
      const content = await rig.filled("a");
      await rig.driver.snapshots.create({ id: "s", volumeId: "a" });
      assert.equal(await exported(rig, { kind: "volume", id: "a" }), content);
      await rig.scribble("a", 2);
      assert.equal(await exported(rig, { kind: "snapshot", id: "s", volumeId: "a" }), content);
    },
  },
  {
    promise: "data shorter than the volume is followed by zeros; none at all gives an empty volume",
    needs: ["images"],
    async hold(rig) {
      const data = pattern(1, 5_000);
      await rig.driver.images.import({ id: "a", sizeGiB: rig.sizeGiB, data: chunked(data, 999) });
      await rig.holds("a", Buffer.concat([data, Buffer.alloc(3_000)]));
      await rig.driver.images.import({ id: "b", sizeGiB: rig.sizeGiB, data: chunked(Buffer.alloc(0), 1) });
      await rig.create("c");
      assert.equal(await rig.checksum("b"), await rig.checksum("c"));
    },
  },
  {
    promise: "data longer than the volume is INVALID_ARGUMENT and leaves nothing",
    needs: ["images"],
    async hold(rig) {
      async function* endless() {
        for (;;) yield pattern(1, 1 << 20);
      }
      const data = endless();
      await rig.refuses("INVALID_ARGUMENT", rig.driver.images.import({ id: "a", sizeGiB: rig.sizeGiB, data }));
      assert.deepEqual(await rig.driver.list(), { volumes: [], snapshots: [], leftovers: [] });
    },
  },
  {
    promise: "an import onto an id that is taken is ALREADY_EXISTS, an export of an unknown one NOT_FOUND",
    needs: ["images"],
    async hold(rig) {
      const content = await rig.filled("a");
      const data = chunked(pattern(9, 10_000), 1_000);
      await rig.refuses("ALREADY_EXISTS", rig.driver.images.import({ id: "a", sizeGiB: rig.sizeGiB, data }));
      assert.equal(await rig.checksum("a"), content);
      await rig.refuses("NOT_FOUND", exported(rig, { kind: "volume", id: "unknown" }));
      await rig.refuses("INVALID_ARGUMENT", exported(rig, { kind: "volume", id: "../a" }));
    },
  },
  {
    promise: "an export that is aborted halfway holds nothing: the volume can be deleted",
    needs: ["images"],
    async hold(rig) {
      await rig.filled("a");
      for await (const _chunk of rig.driver.images.export({ kind: "volume", id: "a" })) break;
      await rig.driver.delete({ id: "a" });
      assert.deepEqual(await rig.ids(), []);
    },
  },
];
