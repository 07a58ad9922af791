import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { imagesIn, mib } from "./block-house.ts";
import { Rack, type RackHost } from "./rack.ts";

/** A volume that lies on that host, whoever is asked for it. */
async function madeAt(rack: Rack, host: RackHost, name = "v") {
  const labels = { host: host.name };
  const [anybody] = [rack.host("block-02")];
  return anybody.volume.create({ name, sizeGiB: mib, labels });
}

const labelled = { config: (host: string) => ({ labels: { host } }) };
const names = ["block-01", "block-02", "block-03"] as const;

describe("hosts of one database", () => {
  test("each lists and gets the volumes of all, with the tenant that asks seeing its own", async () => {
    await using rack = await Rack.open(labelled);
    await rack.known();
    const made = await Promise.all(names.map((name) => madeAt(rack, rack.host(name), name)));
    expect(made.map(({ host }) => host)).toEqual(names.map((name) => `${name}@ssd`));
    const ids = made.map(({ id }) => id).sort();
    for (const name of names) {
      // Of itself: no other is asked.
      const { volume, address } = rack.host(name);
      expect((await volume.at(address).list({})).items.map(({ id }) => id)).toEqual(ids);
      for (const one of made) expect(await volume.at(address).get({ id: one.id })).toEqual(one);
    }
  });

  test("what is done to a volume goes to its host, whichever host is asked", async () => {
    await using rack = await Rack.open(labelled);
    await rack.known();
    const far = rack.host("block-03");
    const { volume } = rack.host("block-01");
    const { id } = await madeAt(rack, far);
    expect(await volume.extend({ id, sizeGiB: 2 * mib })).toMatchObject({ sizeGiB: 2 * mib, host: far.address });
    const { id: snapshotId } = await volume.snapshot({ id, name: "noon" });
    const twin = await volume.clone({ id, snapshotId, name: "twin" });
    const copy = await volume.copy({ id, name: "copy" }).result;
    expect([twin.host, copy.host]).toEqual([far.address, far.address]);
    await volume.export({ id, file: "out.img" }).result;
    expect(await readdir(far.exports)).toEqual(["out.img"]);
    expect(await volume.connect({ id })).toMatchObject({ path: expect.stringContaining(far.root) });
    expect(await volume.disconnect({ id })).toMatchObject({ connected: false });
    await writeFile(join(far.exports, "in.img"), Buffer.alloc(10_000, 1));
    const imported = await volume.at(far.address).import({ file: "in.img", name: "in" }).result;
    expect((await imagesIn(far.root)).length).toBe(5);
    expect((await volume.listSnapshots({ filter: { volumeId: id } })).items).toMatchObject([{ id: snapshotId }]);
    await volume.deleteSnapshot({ id, snapshotId });
    for (const one of [id, twin.id, copy.id, imported.id]) await volume.delete({ id: one });
    expect(await imagesIn(far.root)).toEqual([]);
    for (const name of names) {
      const { steered } = rack.host(name);
      const touched = steered.calls.filter((call) => !["list", "stats"].includes(call));
      if (name !== far.name) expect(touched).toEqual([]);
    }
  });

  test("a reconciliation judges the rows of its own host, and no image of another", async () => {
    await using rack = await Rack.open(labelled);
    await rack.known();
    const made = await Promise.all(names.map((name) => madeAt(rack, rack.host(name), name)));
    const [first, second] = [rack.host("block-01"), rack.host("block-02")];
    // A stray of one host is another's volume, as after a disk was moved.
    await writeFile(join(first.root, `${made[1]!.id}.volume`), Buffer.alloc(2 ** 20));
    const told = await second.volume.at(first.address).rescan({});
    expect(told).toMatchObject({ missing: [], found: [], unknown: [made[1]!.id] });
    expect(told.unaccounted).toMatchObject([{ id: made[1]!.id, host: second.address }]);
    expect(await second.volume.at(second.address).rescan({})).toMatchObject({ unknown: [], missing: [] });
    expect((await first.volume.list({})).items).toEqual(made.sort((a, b) => (a.id < b.id ? -1 : 1)));
  });
});
