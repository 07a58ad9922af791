import { expect, test, vi } from "vitest";
import { mib } from "./block-house.ts";
import { blockFleet } from "./block-process.ts";

vi.setConfig({ testTimeout: 180_000 });
const address = "block-01@ssd";
const soon = { timeout: 30_000, interval: 10 };

test("a host whose disk was replaced gets placements as soon as it is ready, by what its new disk has", async () => {
  const { start, volume, schedulers, listed } = await blockFleet();
  await (await start("block-01", "old")).kill();
  const second = await start("block-01", "old");
  const place = (request: string, size: number) =>
    schedulers.place({ manager: "volume", request, needs: { sizeGiB: size * mib } });
  await volume.create({ name: "lost with its disk", sizeGiB: 70 * mib });
  expect(await listed(address)).toMatchObject({ status: "ready", epoch: 2 });
  await second.kill();
  await start("block-01", "new");
  await expect.poll(async () => (await listed(address))?.epoch, soon).toBe(1);
  expect(await place("v2", 70)).toBe(address);
  const { free, reserved } = (await listed(address))!.resources.sizeGiB!;
  expect([Math.round(free / mib), Math.round(reserved / mib)]).toEqual([30, 70]);
});

test("a host that was killed and comes back with its own disk goes by its new measurements", async () => {
  const { start, volume, listed } = await blockFleet();
  const first = await start("block-01", "disk");
  await volume.create({ name: "kept", sizeGiB: 70 * mib });
  await first.kill();
  await start("block-01", "disk");
  await expect.poll(async () => (await listed(address))?.epoch, soon).toBe(2);
  await volume.create({ name: "beside it", sizeGiB: 30 * mib });
  await expect(volume.create({ name: "too much", sizeGiB: mib })).rejects.toMatchObject({ reason: "NO_HOST" });
});

test("what a host says that was asleep while another took its place is ignored, counted and told once", async () => {
  const { start, schedulers, listed, log } = await blockFleet();
  const sleeper = await start("block-01", "old");
  await expect.poll(async () => (await listed(address))?.status, soon).toBe("ready");
  sleeper.pause();
  await start("block-01", "new");
  await schedulers.place({ manager: "volume", request: "v1", needs: { sizeGiB: 40 * mib } });
  sleeper.resume();
  const told = () => log.lines.filter(({ message }) => message?.startsWith(`a report of volume ${address} is ignored`));
  await expect.poll(() => told().length, soon).toBe(1);
  expect(told()).toHaveLength(1);
  const host = await listed(address);
  expect(Math.round(host!.resources.sizeGiB!.reserved / mib)).toBe(40);
});
