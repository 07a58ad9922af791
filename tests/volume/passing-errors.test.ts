import { DriverError } from "@reeve/driver-sdk";
import { expect, test, vi } from "vitest";
import { BlockHouse, mib } from "./block-house.ts";

vi.setConfig({ testTimeout: 60_000 });

const away = () => new DriverError("UNAVAILABLE", "the array reboots");

type Made = { readonly id: string; readonly snapshotId: string };

/** What is done to a volume, and what has become of it when the array is back. */
const changes: readonly {
  readonly what: string;
  readonly method: string;
  readonly act: (house: BlockHouse, made: Made) => Promise<unknown>;
  readonly after: (house: BlockHouse, made: Made) => Promise<void>;
}[] = [
  {
    what: "an extension",
    method: "extend",
    act: ({ volume }, { id }) => volume.extend({ id, sizeGiB: 4 * mib }),
    after: async ({ volume }, { id }) => {
      expect(await volume.get({ id })).toMatchObject({ status: "available", sizeGiB: mib });
      await volume.extend({ id, sizeGiB: 4 * mib });
    },
  },
  {
    what: "a deletion",
    method: "delete",
    act: async ({ volume }, { id, snapshotId }) => {
      await volume.deleteSnapshot({ id, snapshotId });
      await volume.delete({ id });
    },
    after: async ({ volume }) => expect((await volume.list({})).items).toEqual([]),
  },
  {
    what: "the deletion of a snapshot",
    method: "snapshots.delete",
    act: ({ volume }, { id, snapshotId }) => volume.deleteSnapshot({ id, snapshotId }),
    after: async ({ volume }) => expect((await volume.listSnapshots({})).items).toEqual([]),
  },
  {
    what: "an export",
    method: "images.export",
    act: ({ volume }, { id }) => volume.export({ id, file: "out" }).result,
    after: async ({ volume }, { id }) => {
      expect(await volume.get({ id })).toMatchObject({ status: "available" });
      await volume.export({ id, file: "out" }).result;
    },
  },
  {
    what: "a snapshot",
    method: "snapshots.create",
    act: ({ volume }, { id }) => volume.snapshot({ id, name: "late" }),
    after: async ({ volume }, { id }) => {
      expect((await volume.listSnapshots({})).items).toHaveLength(1);
      await volume.snapshot({ id, name: "late" });
    },
  },
  {
    what: "a clone",
    method: "clones.clone",
    act: ({ volume }, { id }) => volume.clone({ id, name: "twin" }),
    after: async ({ volume }, { id }) => {
      expect((await volume.list({})).items).toHaveLength(1);
      await volume.clone({ id, name: "twin" });
    },
  },
  {
    what: "a connection",
    method: "connect",
    act: ({ volume }, { id }) => volume.connect({ id }),
    after: async ({ volume }, { id }) => {
      expect(await volume.get({ id })).toMatchObject({ status: "available" });
      await volume.connect({ id });
    },
  },
  {
    what: "a disconnection",
    method: "disconnect",
    act: async ({ volume }, { id }) => {
      await volume.connect({ id });
      await volume.disconnect({ id });
    },
    after: async ({ volume }, { id }) => {
      expect(await volume.get({ id })).toMatchObject({ status: "available", connected: true });
      expect(await volume.disconnect({ id })).toMatchObject({ connected: false });
    },
  },
  {
    what: "a reconciliation",
    method: "list",
    act: ({ volume }) => volume.at("host@ssd").rescan({}),
    after: async ({ volume }, { id }) => {
      expect(await volume.get({ id })).toMatchObject({ status: "available" });
      expect(await volume.at("host@ssd").rescan({})).toMatchObject({ missing: [], found: [] });
    },
  },
];

test.each(changes)(
  "$what that its driver cannot do now leaves nothing in error, nor do failing recoveries of it",
  async ({ method, act, after }) => {
    await using house = await BlockHouse.open();
    const { steered } = house.backend();
    const { id } = await house.make("v");
    const { id: snapshotId } = await house.volume.snapshot({ id, name: "noon" });
    const made = { id, snapshotId };
    // Neither the work nor what its recovery needs can be done.
    const mend = [method, "list", "delete", "snapshots.delete"].map((each) => steered.fail(each, "before", away));
    if (method === "delete") mend.pop()!();
    await expect(act(house, made)).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    const rows = async () => [...(await house.volume.list({})).items, ...(await house.volume.listSnapshots({})).items];
    expect((await rows()).filter(({ status }) => status === "error")).toEqual([]);
    for (const each of mend) each();
    await expect
      .poll(async () => (await rows()).every(({ status }) => status === "available"), { timeout: 30_000 })
      .toBe(true);
    await after(house, made);
  },
);
