import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract } from "@reeve/contract";
import { volumeDriver } from "@reeve/driver-sdk/volume";
import { fileVolumes } from "@reeve/file-volumes";
import { defineManager } from "@reeve/runtime";
import { testManager } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
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
