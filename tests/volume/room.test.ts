import { copyFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { scheduler } from "@reeve/managers/scheduler";
import { expect, test } from "vitest";
import { BlockHouse, type HouseOptions, mib } from "./block-house.ts";
import { sizedDevice } from "./sized-device.ts";

const eventually = { timeout: 10_000, interval: 5 };

/** A house with one backend of 100 MiB, whose room the test watches: every value that was ever listed. */
async function watched(allocation: "full" | "sparse", options: HouseOptions = {}) {
  const house = await BlockHouse.open({ device: sizedDevice(100, allocation), ...options });
  const schedulers = house.supervisor.ref(scheduler);
  const { address } = house.backend();
  const host = async () => (await schedulers.hosts({})).items.find((one) => one.address === address);
  const free = async () => Math.round(((await host())?.resources.sizeGiB?.free ?? Number.NaN) / mib);
  const reserved = async () => Math.round(((await host())?.resources.sizeGiB?.reserved ?? Number.NaN) / mib);
  const seen = new Set<number>();
  let watching = true;
  await expect.poll(free, eventually).toBe(100);
  const watch = (async () => {
    while (watching) {
      seen.add(await free());
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  return {
    house,
    schedulers,
    free,
    reserved,
    seen,
    async [Symbol.asyncDispose]() {
      watching = false;
      await watch;
      await house[Symbol.asyncDispose]();
    },
  };
}

test.each(["full", "sparse"] as const)(
  "what is created takes its room once, from the start and for good: %s images",
  async (allocation) => {
    await using scene = await watched(allocation);
    const { house, free, reserved, seen } = scene;
    const begun = house.backend().steered.hold("create", "before");
    const making = house.make("first", 40 * mib);
    await begun.reached;
    expect(await free()).toBe(60);
    await house.supervisor.reset();
    await expect.poll(reserved, eventually).toBe(0);
    expect(await free()).toBe(60);
    const ended = house.backend().steered.hold("create", "after");
    begun.release();
    await ended.reached;
    await house.supervisor.reset();
    ended.release();
    await making;
    expect(await free()).toBe(60);
    await expect.poll(reserved, eventually).toBe(0);
    await house.supervisor.reset();
    await house.make("second", 60 * mib);
    expect(await free()).toBe(0);
    expect([...seen].sort((a, b) => b - a)).toEqual([100, 60, 0]);
  },
);

test("what was deleted has left its room when the answer comes, which waits for that to be measured", async () => {
  await using scene = await watched("full");
  const { house, free, reserved } = scene;
  let waited = 0;
  for (let round = 0; round < 5; round++) {
    const { id } = await house.make(`v${round}`, 70 * mib);
    expect(await free()).toBe(30);
    // The creation has been measured: the next measurement is of the deletion.
    await expect.poll(reserved, eventually).toBe(0);
    const measuring = house.backend().steered.hold("stats", "before");
    let isAnswered = false;
    const deleting = house.volume.delete({ id }).then(() => {
      isAnswered = true;
    });
    await measuring.reached;
    // Time enough for an answer that does not wait.
    for (let turn = 0; turn < 3; turn++) await house.volume.list({});
    if (!isAnswered) waited++;
    measuring.release();
    await deleting;
    await expect.poll(free, eventually).toBe(100);
  }
  // It waits for a quarter of a second at most, which a busy machine may spend elsewhere.
  expect(waited).toBeGreaterThan(0);
});

test("where measuring hangs, nothing waits long for it, and what was deleted leaves its room all the same", async () => {
  await using scene = await watched("full");
  const { house, free, reserved } = scene;
  const { steered } = house.backend();
  const measuring = steered.hold("stats", "before");
  for (let round = 0; round < 5; round++) {
    const { id } = await house.make(`v${round}`, 70 * mib);
    expect(await free()).toBe(30);
    await house.volume.delete({ id });
    await expect.poll(free, eventually).toBe(100);
  }
  const { id } = await house.make("stays", 70 * mib);
  expect(await free()).toBe(30);
  // One measurement at a time, whoever asks meanwhile.
  expect(measuring.arrived()).toBe(1);
  measuring.release();
  await expect.poll(reserved, eventually).toBe(0);
  expect(await free()).toBe(30);
  await house.volume.delete({ id });
});

test("what would not fit beside what was extended is refused", async () => {
  await using scene = await watched("full");
  const { house, free } = scene;
  const { id } = await house.make("grows", 40 * mib);
  await house.volume.extend({ id, sizeGiB: 70 * mib });
  await expect.poll(free, eventually).toBe(30);
  await expect(house.make("too large", 60 * mib)).rejects.toMatchObject({ reason: "NO_HOST", retryable: false });
});

test("a build that failed leaves its room to the next one", async () => {
  await using scene = await watched("full", { config: { maxAttempts: 1 } });
  const { house, free } = scene;
  const heal = house.backend().steered.fail("create", "before", () => new Error("out of order"));
  await expect(house.make("first", 70 * mib)).rejects.toMatchObject({ reason: "BUILD_FAILED" });
  heal();
  await expect.poll(free, eventually).toBe(100);
  await house.make("second", 70 * mib);
});

test("images that nobody holds are counted beside what is in the making", async () => {
  await using scene = await watched("full");
  const { house, free, reserved, schedulers } = scene;
  const { id } = await house.make("held", 30 * mib);
  const { root } = house.backend();
  const image = (await readdir(root)).find((file) => file.includes(id))!;
  await copyFile(join(root, image), join(root, image.replace(id, "01ARZ3NDEKTSV4RRFFQ69G5FAV")));
  await house.supervisor.reset();
  await expect.poll(free, eventually).toBe(40);
  const begun = house.backend().steered.hold("create", "before");
  const making = house.make("second", 30 * mib);
  await begun.reached;
  await house.supervisor.reset();
  await expect.poll(reserved, eventually).toBe(0);
  expect(await free()).toBe(10);
  const place = { manager: "volume", request: "third", needs: { sizeGiB: 11 * mib } };
  await expect(schedulers.place(place)).rejects.toMatchObject({ reason: "NO_HOST" });
  begun.release();
  await making;
});

test("a burst of creates is measured a few times, not once each, and ends with the truth", async () => {
  await using scene = await watched("full");
  const { house, free, reserved } = scene;
  const { calls } = house.backend().steered;
  const before = calls.filter((call) => call === "stats").length;
  const started = performance.now();
  await Promise.all(Array.from({ length: 90 }, (_, index) => house.make(`v${index}`, mib)));
  await expect.poll(reserved, eventually).toBe(0);
  expect(await free()).toBe(10);
  const measured = calls.filter((call) => call === "stats").length - before;
  const tenths = (performance.now() - started) / 100;
  expect(measured).toBeLessThanOrEqual(12 + tenths);
  expect(measured).toBeLessThan(90);
});

test("room is counted once when the scheduler restarts in the middle of a create", async () => {
  await using scene = await watched("full");
  const { house, free, seen } = scene;
  const begun = house.backend().steered.hold("create", "before");
  const making = house.make("first", 40 * mib);
  await begun.reached;
  const address = house.supervisor.managers().find(({ manager }) => manager === "scheduler")!.address;
  house.supervisor.kill("scheduler", address);
  begun.release();
  await making;
  await expect.poll(free, eventually).toBe(60);
  await house.make("second", 60 * mib);
  expect([...seen].every((value) => Number.isNaN(value) || [100, 60, 0].includes(value))).toBe(true);
});

test("room is counted once when the volume manager is killed in the middle of a create", async () => {
  await using scene = await watched("full");
  const { house, free } = scene;
  const ended = house.backend().steered.hold("create", "after");
  const making = house.make("first", 40 * mib).catch(() => {});
  await ended.reached;
  await house.crash();
  ended.release();
  await making;
  await expect.poll(free, eventually).toBe(60);
  await house.make("second", 60 * mib);
});

test("a reservation that nobody confirms ends although the scheduler never lives as long", async () => {
  await using scene = await watched("full");
  const { house, schedulers, reserved } = scene;
  await schedulers.place({ manager: "volume", request: "left", needs: { sizeGiB: 60 * mib }, holdMs: 1_500 });
  const { address } = house.supervisor.managers().find(({ manager }) => manager === "scheduler")!;
  expect(await reserved()).toBe(60);
  const afterRestart = async () => {
    house.supervisor.kill("scheduler", address);
    await expect.poll(reserved, eventually).not.toBeNaN();
    return reserved();
  };
  await expect.poll(afterRestart, eventually).toBe(0);
});
