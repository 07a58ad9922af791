import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract } from "@reeve/contract";
import { defineDriver, driverPort, method } from "@reeve/driver-sdk";
import { volumeDriver } from "@reeve/driver-sdk/volume";
import { fileVolumes } from "@reeve/file-volumes";
import { column, defineManager, defineStore, job, table } from "@reeve/runtime";
import { ManualClock, testManager } from "@reeve/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";

const shelf = contract("shelf", "1.0", { put: call({ input: z.object({ id: z.string() }) }) });
const shelfManager = defineManager({
  contract: shelf,
  driver: volumeDriver,
  setup: ({ driver }) => ({
    operations: { put: async ({ id }) => void (await driver.create({ id, sizeGiB: 1 / 1024 })) },
  }),
});

/** A manager whose driver's options are in a file. */
async function openShelf() {
  const directory = mkdtempSync(join(tmpdir(), "reeve-driver-reload-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const name of ["one", "two"]) mkdirSync(join(directory, name));
  const write = (text: string) => writeFileSync(join(directory, "options.json"), text);
  const use = (name: string) => write(JSON.stringify({ root: join(directory, name) }));
  use("one");
  const read = () => JSON.parse(readFileSync(join(directory, "options.json"), "utf8"));
  const manager = await testManager(shelfManager, { driver: () => fileVolumes(read()) });
  const images = (name: string) => readdirSync(join(directory, name)).filter((file) => file.endsWith(".volume"));
  return { manager, write, use, images, [Symbol.asyncDispose]: () => manager.stop() };
}

test("a reset asks for the driver again, also where the new one has the root of the old", async () => {
  await using shelf = await openShelf();
  const { manager, use, images } = shelf;
  await manager.calls.put({ id: "a" });
  await manager.reset();
  await manager.calls.put({ id: "b" });
  use("two");
  await manager.reset();
  await manager.calls.put({ id: "c" });
  expect([images("one"), images("two")]).toEqual([["a.volume", "b.volume"], ["c.volume"]]);
});

test.each([
  ["cannot be made", "{", "driver of shelf at test: "],
  ["cannot be set up", '{"root":"/nowhere/at/all"}', "/nowhere/at/all"],
])("a driver that %s leaves the old one serving, and whoever asked for the reset is told", async (_, text, told) => {
  await using shelf = await openShelf();
  const { manager, write, use, images } = shelf;
  write(text);
  await expect(manager.reset()).rejects.toThrow(told);
  expect(manager.status).toMatchObject({
    phase: "ready",
    causes: [{ reason: "CONFIG_REFUSED", message: expect.stringContaining(told) }],
  });
  await manager.calls.put({ id: "a" });
  use("two");
  await manager.reset();
  await manager.calls.put({ id: "b" });
  expect([images("one"), images("two")]).toEqual([["a.volume"], ["b.volume"]]);
  expect(manager.status).toMatchObject({ phase: "ready", causes: [] });
});

test("each incarnation asks for the driver too; one that cannot be made leaves the last good one in use, and is a cause", async () => {
  await using shelf = await openShelf();
  const { manager, write, use, images } = shelf;
  use("two");
  await manager.restart();
  await manager.calls.put({ id: "a" });
  expect(images("two")).toEqual(["a.volume"]);
  write("{");
  for (const id of ["b", "c"]) {
    await manager.restart();
    const { phase, causes } = manager.status;
    expect([phase, causes.map(({ reason }) => reason)]).toEqual(["ready", ["CONFIG_REFUSED"]]);
    expect(causes[0]!.message).toContain("driver of shelf at test: ");
    await manager.calls.put({ id });
  }
  expect(images("two")).toEqual(["a.volume", "b.volume", "c.volume"]);
  use("one");
  await manager.reset();
  expect(manager.status.causes).toEqual([]);
  await manager.calls.put({ id: "d" });
  expect(images("one")).toEqual(["d.volume"]);
});

test("without an earlier life a driver that cannot be made fails the start", async () => {
  const driver = () => fileVolumes(JSON.parse("{"));
  await expect(testManager(shelfManager, { driver })).rejects.toMatchObject({ reason: "BOOT_FAILED" });
});

const lampPort = driverPort("lamp", { version: "1.0", methods: { dim: method<{ percent: number }>() } });
const lamps = contract("lamp", "1.0", { dim: call({ input: z.object({ percent: z.number() }) }) });
const room = defineStore("room", { tables: { lamps: table({ id: column.text().primaryKey() }) } });

const lampManager = defineManager({
  contract: lamps,
  driver: lampPort,
  store: room,
  jobs: { "lamp.dimming": job() },
  setup: ({ driver, store, work }) => ({
    operations: {
      async dim(input) {
        const dimming = await store.transaction((tx) => work.begin(tx, "lamp.dimming", "lamp"));
        await work.run(dimming, async ({ signal }) => {
          await driver.dim(input, { signal });
          return async () => {};
        });
      },
    },
    recover: { "lamp.dimming": async () => async () => {} },
  }),
});

/** Tells what is done with it; its calls do what a test makes them do. */
const lamp = defineDriver(lampPort, {
  name: "lamp",
  options: z.custom<{ readonly setup?: () => unknown; readonly dim?: () => unknown; readonly close?: () => void }>(),
  setup: async (options) => {
    await options.setup?.();
    return options;
  },
  methods: { dim: async ({ dim }) => void (await dim?.()) },
  close: async ({ close }) => close?.(),
});

test("a job whose call still runs on the driver that was replaced is held until that call returns", async () => {
  const clock = new ManualClock();
  const stuck = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  let closed = false;
  const first = lamp({
    close: () => {
      closed = true;
    },
    dim: () => {
      reached.resolve();
      return stuck.promise;
    },
  });
  const drivers = [first, lamp({})];
  const manager = await testManager(lampManager, {
    clock,
    driver: () => drivers.shift()!,
    limits: { driver: { timeout: "10s", abortGrace: "1s" } },
  });
  onTestFinished(() => manager.stop());
  const failed = expect(manager.calls.dim({ percent: 5 })).rejects.toMatchObject({ outcome: "maybe-executed" });
  await reached.promise;
  await manager.reset();
  await clock.advance(10_000);
  await clock.advance(1_000);
  await failed;
  expect(manager.report.held).toMatchObject([{ resource: "lamp", waitingFor: { method: "dim" } }]);
  await expect(manager.calls.dim({ percent: 7 })).rejects.toMatchObject({ reason: "BUSY" });
  expect(closed).toBe(false);
  stuck.resolve();
  await expect.poll(() => closed).toBe(true);
  await expect.poll(() => manager.report.held).toEqual([]);
  await vi.waitFor(() => manager.calls.dim({ percent: 7 }));
});

test("100 resets at once ask for the driver at most twice, and nothing of what they made stays open", async () => {
  const open: number[] = [];
  let made = 0;
  const next = () => {
    const number = ++made;
    return lamp({ setup: () => void open.push(number), close: () => void open.splice(open.indexOf(number), 1) });
  };
  const manager = await testManager(lampManager, { driver: next });
  await Promise.all(Array.from({ length: 100 }, () => manager.reset()));
  expect(made).toBeLessThanOrEqual(3);
  await expect.poll(() => open).toEqual([made]);
  await manager.stop();
  expect(open).toEqual([]);
});

test("the same driver given again is set up again beside itself, and serves", async () => {
  let sessions = 0;
  const same = lamp({ setup: () => void sessions++, close: () => void sessions-- });
  const manager = await testManager(lampManager, { driver: () => same });
  await manager.reset();
  await manager.calls.dim({ percent: 5 });
  await expect.poll(() => sessions).toBe(1);
  await manager.stop();
  expect(sessions).toBe(0);
});

test.each([
  ["is made", (reached: () => void) => hanging(reached)],
  ["is set up", (reached: () => void) => lamp({ setup: () => hanging(reached) })],
])("a stop while another driver %s waits for neither", async (_, another) => {
  const reached = Promise.withResolvers<void>();
  const clock = new ManualClock();
  let closed = 0;
  const drivers = [() => lamp({ close: () => void closed++ }), () => another(reached.resolve)];
  const manager = await testManager(lampManager, { clock, driver: () => drivers.shift()!() });
  const reset = manager.reset().catch(() => {});
  await reached.promise;
  const stopped = manager.stop();
  // The grace of a set-up that ignores its abort, and no more: a reset may take 30 s.
  for (let second = 0; second < 6; second++) await clock.advance(1_000);
  await Promise.all([stopped, reset]);
  expect(closed).toBe(1);
});

function hanging(reached: () => void): Promise<never> {
  reached();
  return new Promise(() => {});
}
