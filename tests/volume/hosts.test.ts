import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DriverError } from "@reeve/driver-sdk";
import { volumeStore } from "@reeve/managers/volume";
import { describe, expect, test } from "vitest";
import { failure } from "../kit/failure.ts";
import { imagesIn, mib } from "./block-house.ts";
import { Rack, type RackHost } from "./rack.ts";
import { worlds } from "./worlds.ts";

/** A volume that lies on that host, whoever is asked for it. */
async function madeAt(rack: Rack, host: RackHost, name = "v") {
  const labels = { host: host.name };
  const [anybody] = [rack.host("block-02")];
  return anybody.volume.create({ name, sizeGiB: mib, labels });
}

const labelled = { config: (host: string) => ({ labels: { host } }) };
const names = ["block-01", "block-02", "block-03"] as const;

describe.each(worlds())("$name", (world) => {
  describe("hosts of one database", () => {
    test("each lists and gets the volumes of all, with the tenant that asks seeing its own", async () => {
      await using rack = await Rack.open({ ...labelled, ...(await world.options()) });
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
      await using rack = await Rack.open({ ...labelled, ...(await world.options()) });
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
      await using rack = await Rack.open({ ...labelled, ...(await world.options()) });
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

  describe("what is to be deleted while its host is gone", () => {
    test("is deferred, says so, and is carried out when the host is back, snapshots first", async () => {
      await using rack = await Rack.open({ ...labelled, ...(await world.options()) });
      await rack.known();
      const { volume } = rack.host("block-01");
      const far = rack.host("block-03");
      const { id } = await madeAt(rack, far);
      const { id: snapshotId } = await volume.snapshot({ id, name: "noon" });
      const kept = await madeAt(rack, far);
      await far.stop();
      await expect(volume.extend({ id, sizeGiB: 2 * mib })).rejects.toMatchObject({ reason: "NO_RESPONDERS" });
      await expect(volume.delete({ id })).rejects.toMatchObject({ reason: "HAS_SNAPSHOTS" });
      const deferred = { state: "deferred", host: far.address };
      expect(await volume.deleteSnapshot({ id, snapshotId })).toEqual(deferred);
      expect(await volume.delete({ id })).toEqual(deferred);
      // Again, and by another: it is as it was.
      expect(await rack.host("block-02").volume.delete({ id })).toEqual(deferred);
      expect(await volume.get({ id })).toMatchObject({ status: "deleting", host: far.address });
      expect((await volume.listSnapshots({})).items).toMatchObject([{ id: snapshotId, status: "deleting" }]);
      expect(await imagesIn(far.root)).toHaveLength(3);

      // Whoever was asked is not needed.
      await rack.host("block-01").stop();
      const back = await rack.start("block-03");
      const still = rack.host("block-02").volume;
      await expect.poll(() => still.list({}), { timeout: 10_000 }).toEqual({ items: [kept] });
      expect(await still.listSnapshots({})).toEqual({ items: [] });
      expect(await imagesIn(far.root)).toEqual([`${kept.id}.volume`]);
      expect(back.steered.calls.filter((call) => call.endsWith("delete"))).toEqual(["snapshots.delete", "delete"]);
      await rack.known();
      expect(await still.delete({ id: kept.id })).toEqual({ state: "deleted", host: far.address });
    });

    test("is deferred from the moment in which its host dies, before that is certain", async () => {
      await using rack = await Rack.open({ ...labelled, ...(await world.options()) });
      await rack.known();
      const { volume } = rack.host("block-01");
      const far = rack.host("block-03");
      const { id } = await madeAt(rack, far);
      await far.kill();
      expect(await volume.delete({ id })).toEqual({ state: "deferred", host: far.address });
      await rack.start("block-03");
      await expect.poll(() => volume.list({}), { timeout: 10_000 }).toEqual({ items: [] });
    });

    test("is refused while it is connected or worked on, as its host would", async () => {
      await using rack = await Rack.open({ ...labelled, ...(await world.options()) });
      await rack.known();
      const { volume } = rack.host("block-01");
      const far = rack.host("block-03");
      const [connected, worked] = [await madeAt(rack, far), await madeAt(rack, far)];
      await volume.connect({ id: connected.id });
      const hold = far.steered.hold("extend", "before");
      const extending = failure(volume.extend({ id: worked.id, sizeGiB: 2 * mib }));
      await hold.reached;
      await far.stop();
      await extending;
      await expect(volume.delete({ id: connected.id })).rejects.toMatchObject({ reason: "IN_USE" });
      await expect(volume.delete({ id: worked.id })).rejects.toMatchObject({
        reason: "WRONG_STATUS",
        data: { status: "extending" },
      });
    });

    test("and was being deleted as its host went is deferred as well, and the host goes on with it", async () => {
      await using rack = await Rack.open({ ...labelled, ...(await world.options()) });
      await rack.known();
      const { volume } = rack.host("block-01");
      const far = rack.host("block-03");
      const { id } = await madeAt(rack, far);
      const hold = far.steered.hold("delete", "before");
      const deleting = failure(volume.delete({ id }));
      await hold.reached;
      await far.stop();
      await deleting;
      expect(await volume.delete({ id })).toEqual({ state: "deferred", host: far.address });
      await rack.start("block-03");
      await expect.poll(() => volume.list({}), { timeout: 10_000 }).toEqual({ items: [] });
      expect(await imagesIn(far.root)).toEqual([]);
    });

    test("stays as it was when the backend declines to remove it, and can be deleted again", async () => {
      await using rack = await Rack.open({ ...labelled, ...(await world.options()) });
      await rack.known();
      const { volume } = rack.host("block-01");
      const far = rack.host("block-03");
      const made = await madeAt(rack, far);
      await far.stop();
      await volume.delete({ id: made.id });
      const declining = new DriverError("FAILED_PRECONDITION", "a clone depends on it");
      const back = await rack.start("block-03", ({ steered }) => steered.fail("delete", "before", () => declining));
      await expect.poll(() => volume.get({ id: made.id }), { timeout: 10_000 }).toEqual(made);
      back.steered.clear();
      await rack.known();
      expect(await volume.delete({ id: made.id })).toEqual({ state: "deleted", host: back.address });
    });

    test("is deleted by who asks for it, where its host is back and has not come to it yet", async () => {
      await using rack = await Rack.open({ ...labelled, ...(await world.options()) });
      await rack.known();
      const { volume } = rack.host("block-01");
      const made = await madeAt(rack, rack.host("block-03"));
      await rack.host("block-03").stop();
      await volume.delete({ id: made.id });
      await rack.start("block-03");
      await rack.known();
      await expect.poll(() => volume.list({})).toEqual({ items: [] });
      const other = await madeAt(rack, rack.host("block-03"));
      await rack.byHand.write(volumeStore, "update volume_volumes set status = 'deleting', deferred = true", []);
      expect(await volume.delete({ id: other.id })).toEqual({ state: "deleted", host: other.host });
      expect(await volume.list({})).toEqual({ items: [] });
    });
  });
});
