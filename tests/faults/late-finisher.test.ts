import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ReeveError } from "@reeve/contract";
import { expect, test, vi } from "vitest";
import { BlockHouse, mib } from "../volume/block-house.ts";
import { NudgedClock } from "../volume/nudged-clock.ts";
import type { Moment } from "../volume/steered-driver.ts";
import { hold, long } from "./figure.ts";

vi.setConfig({ testTimeout: long ? 180_000 : 60_000 });

const fault = "late finisher";
const timeoutMs = 61_001;
const graceMs = 5_001;
const limits = { driver: { timeout: timeoutMs, stallTimeout: timeoutMs, abortGrace: graceMs } };
const atOnce = long ? 4 : 2;
const rounds = long ? 5 : 1;
const moments: readonly Moment[] = ["before", "after"];

const settled = (promise: Promise<unknown>): Promise<ReeveError | undefined> =>
  promise.then(
    () => undefined,
    (error) => error,
  );

test("whatever takes effect after it was let go of, rows and images agree in the end", async () => {
  const clock = new NudgedClock();
  await using house = await BlockHouse.open({ limits, clock, config: { quotaGiB: 10_000 * mib } });
  const { volume } = house;
  const { steered, root } = house.backend();
  const figures = { told: 0, letGo: 0, refused: 0, tried: 0 };
  const sizes = new Map<string, number>();
  const make = () => volume.create({ name: "v", sizeGiB: mib });

  const operations: Readonly<Record<string, () => Promise<() => Promise<unknown>>>> = {
    create: async () => () => volume.create({ name: "late", sizeGiB: mib }),
    extend: async () => {
      const { id } = await make();
      return () => volume.extend({ id, sizeGiB: 3 * mib });
    },
    delete: async () => {
      const { id } = await make();
      return () => volume.delete({ id });
    },
    "snapshots.create": async () => {
      const { id } = await make();
      return () => volume.snapshot({ id, name: "late" });
    },
    "snapshots.delete": async () => {
      const { id } = await make();
      const { id: snapshotId } = await volume.snapshot({ id, name: "late" });
      return () => volume.deleteSnapshot({ id, snapshotId });
    },
    "clones.clone": async () => {
      const { id } = await make();
      return () => volume.clone({ id, name: "late" });
    },
  };

  for (let round = 0; round < rounds; round++) {
    for (const [method, prepare] of Object.entries(operations)) {
      for (const moment of moments) {
        const begin = await Promise.all(Array.from({ length: atOnce }, prepare));
        const entered = () => steered.calls.filter((call) => call === method).length;
        const before = entered();
        const device = steered.defy(method, moment);
        const calls = begin.map((run) => settled(run()));
        await expect.poll(() => device.arrived()).toBe(atOnce);
        clock.ring(timeoutMs);
        clock.ring(graceMs);
        for (const error of await Promise.all(calls)) {
          figures.letGo++;
          if (error?.reason === "DEADLINE_EXCEEDED") figures.told++;
        }
        expect(entered()).toBe(before + atOnce);
        for (const { resource } of house.report().held) {
          const isVolume = (await volume.list({ limit: 1_000 })).items.some(({ id }) => id === resource);
          if (!isVolume) continue;
          figures.tried++;
          if ((await settled(volume.delete({ id: resource })))?.reason === "BUSY") figures.refused++;
        }
        device.release();
        await expect.poll(() => house.report().held).toEqual([]);
        await expect.poll(async () => (await unsettled()).length).toBe(0);
      }
    }
  }

  async function unsettled() {
    const { items } = await volume.list({ limit: 1_000 });
    const { items: snapshots } = await volume.listSnapshots({ limit: 1_000 });
    return [...items, ...snapshots].filter(({ status }) => status !== "available" && status !== "error");
  }

  const { unknown, missing } = await volume.at(house.backend().address).rescan({});
  const { items } = await volume.list({ limit: 1_000 });
  for (const { id, sizeGiB } of items) sizes.set(`${id}.volume`, sizeGiB * 2 ** 30);
  let otherSize = 0;
  for (const name of await readdir(root)) {
    const wanted = sizes.get(name);
    if (wanted !== undefined && (await stat(join(root, name))).size !== wanted) otherSize++;
  }
  hold({ fault, invariant: "callers told that it may yet happen", bound: { is: figures.letGo }, figure: figures.told });
  hold({ fault, invariant: "refused while held", bound: { is: figures.tried }, figure: figures.refused });
  hold({ fault, invariant: "images without a row", bound: { is: 0 }, figure: unknown.length });
  hold({ fault, invariant: "rows without their image", bound: { is: 0 }, figure: missing.length });
  hold({ fault, invariant: "rows of another size than their image", bound: { is: 0 }, figure: otherSize });
});
