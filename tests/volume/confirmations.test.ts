import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { scheduler, schedulerManager } from "@reeve/managers/scheduler";
import { expect, test, vi } from "vitest";
import { BlockHouse, mib } from "./block-house.ts";
import { sizedDevice } from "./sized-device.ts";
import { slowConfirmations } from "./slow-confirmations.ts";

vi.setConfig({ testTimeout: 60_000 });
const soon = { timeout: 30_000, interval: 20 };

/** Whether the ledger says that a volume is there; undefined when it has no reservation. */
function isConfirmed({ directory }: BlockHouse, id: string): boolean | undefined {
  using file = new DatabaseSync(join(directory, "reeve.sqlite"), { readOnly: true });
  const row = file.prepare("select visibleCount from scheduler_reservations where request = ?").get(id);
  return row && row.visibleCount !== null;
}

test("what a crash left in the making, and is there, is confirmed by the next life", async () => {
  await using house = await BlockHouse.open();
  await house.reported();
  const hold = house.backend().steered.hold("create", "after");
  const making = house.make("v").catch(() => {});
  await hold.reached;
  await house.crash();
  hold.release();
  await making;
  const [volume] = (await house.volume.list({})).items;
  expect(volume).toMatchObject({ status: "available" });
  await expect.poll(() => isConfirmed(house, volume!.id), soon).toBe(true);
});

test("a confirmation that no scheduler was there to take is made when there is one", async () => {
  await using house = await BlockHouse.open();
  await house.reported();
  const hold = house.backend().steered.hold("create", "after");
  const making = house.make("v");
  await hold.reached;
  const { address } = house.supervisor.managers().find(({ manager }) => manager === "scheduler")!;
  await house.supervisor.drain("scheduler", address);
  hold.release();
  const { id } = await making;
  expect(isConfirmed(house, id)).toBe(false);
  await house.supervisor.spawn(schedulerManager).ready();
  await expect.poll(() => isConfirmed(house, id), soon).toBe(true);
});

test("a report names what is in the making and the newest, however many there are", async () => {
  await using house = await BlockHouse.open();
  await house.reported();
  const made: string[] = [];
  for (let index = 0; index < 20; index++) made.push((await house.make(`v${index}`, mib)).id);
  const placed = async () => {
    const [host] = (await house.supervisor.ref(scheduler).hosts({})).items;
    return host!.capabilities.volumes === 20 ? (host!.capabilities.placed as string[]) : undefined;
  };
  await expect.poll(placed, soon).toEqual(made.slice(-16).reverse());
});

test("while their confirmations wait, the volumes of a burst are counted once", async () => {
  const { definition, release } = slowConfirmations();
  await using house = await BlockHouse.open({ device: sizedDevice(100, "full"), scheduler: definition });
  await house.reported();
  await Promise.all(Array.from({ length: 60 }, (_, index) => house.make(`v${index}`, mib)));
  const host = async () => (await house.supervisor.ref(scheduler).hosts({})).items[0]!;
  await expect.poll(async () => (await host()).capabilities.volumes, soon).toBe(60);
  const { free, reserved } = (await host()).resources.sizeGiB!;
  expect({ free: free / mib, reserved }).toEqual({ free: 40, reserved: 0 });
  await Promise.all(Array.from({ length: 40 }, (_, index) => house.make(`w${index}`, mib)));
  release();
});

test("volumes that are made and confirmed while a measurement is under way are counted once", async () => {
  await using house = await BlockHouse.open({ device: sizedDevice(100, "full") });
  await house.reported();
  const { steered } = house.backend();
  const measuring = steered.hold("stats", "before");
  const first = await house.make("first", mib);
  await measuring.reached;
  const others = await Promise.all(Array.from({ length: 30 }, (_, index) => house.make(`v${index}`, mib)));
  await expect.poll(() => [first, ...others].every(({ id }) => isConfirmed(house, id)), soon).toBe(true);
  measuring.release();
  // What is shown is this measurement, and no later one.
  const next = steered.hold("stats", "before");
  const host = async () => (await house.supervisor.ref(scheduler).hosts({})).items[0]!;
  await expect.poll(async () => (await host()).capabilities.volumes, soon).toBe(31);
  const { free, reserved } = (await host()).resources.sizeGiB!;
  expect({ free: free / mib, reserved }).toEqual({ free: 69, reserved: 0 });
  next.release();
});
