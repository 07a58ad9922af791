import { copyFileSync, renameSync, rmSync } from "node:fs";
import { expect, test } from "vitest";
import { ulids } from "../base/ids.ts";
import { ManualClock } from "../base/manual-clock.ts";
import { Database, type StoreBackend } from "../store/index.ts";
import { scratchDirectory } from "../store/scratch.test-kit.ts";
import { sqlite } from "../store/sqlite/index.ts";
import { Registry } from "./index.ts";

const volume = { manager: "volume", address: "block-01", version: "1.0" };

async function registered(backend: StoreBackend) {
  const clock = new ManualClock();
  const database = await Database.open(backend, { clock });
  const registry = await Registry.open({ database, clock, ids: ulids() });
  const registration = await registry.register(volume);
  await database.close();
  return registration;
}

test("a store keeps its identity over restarts, and every incarnation has an id of its own", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  const lives = [
    await registered(sqlite({ path })),
    await registered(sqlite({ path })),
    await registered(sqlite({ path })),
  ];
  expect(new Set(lives.map(({ store }) => store)).size).toBe(1);
  expect(new Set(lives.map(({ incarnation }) => incarnation)).size).toBe(3);
  for (const { store, incarnation } of lives) {
    expect(store).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(incarnation).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  }
  expect(lives.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
});

test("a copy of a store takes an identity of its own, and keeps that", async () => {
  using scratch = scratchDirectory();
  const [path, copy] = [scratch.file("store.db"), scratch.file("copy.db")];
  const original = await registered(sqlite({ path }));
  copyFileSync(path, copy);
  const cloned = await registered(sqlite({ path: copy }));
  expect(cloned).toMatchObject({ epoch: 2, serviceId: original.serviceId });
  expect(cloned.store).not.toBe(original.store);
  expect((await registered(sqlite({ path: copy }))).store).toBe(cloned.store);
  expect((await registered(sqlite({ path }))).store).toBe(original.store);
});

test("a backup restored in the place of the store takes an identity of its own; a store that was only renamed keeps its", async () => {
  using scratch = scratchDirectory();
  const [path, backup, moved] = ["store.db", "backup.db", "moved.db"].map((name) => scratch.file(name)) as [
    string,
    string,
    string,
  ];
  const original = await registered(sqlite({ path }));
  copyFileSync(path, backup);
  const later = await registered(sqlite({ path }));
  expect(later.store).toBe(original.store);
  renameSync(path, moved);
  expect((await registered(sqlite({ path: moved }))).store).toBe(original.store);
  rmSync(`${path}-lock`, { force: true });
  renameSync(backup, path);
  const restored = await registered(sqlite({ path }));
  expect(restored.store).not.toBe(original.store);
  // It counts again what was counted before: these epochs say nothing about each other.
  expect(restored.epoch).toBe(later.epoch);
});

test("stores in memory have an identity for each opening", async () => {
  const path = ":memory:";
  const [first, second] = [await registered(sqlite({ path })), await registered(sqlite({ path }))];
  expect(first.store).not.toBe(second.store);
});

test("processes that open one database at once agree on its identity", async () => {
  const inner = sqlite({ path: ":memory:" });
  let opened: ReturnType<StoreBackend["open"]> | undefined;
  const clock = new ManualClock();
  const shared: StoreBackend = { open: (options) => (opened ??= inner.open(options)) };
  const registries = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const database = await Database.open(shared, { clock });
      return Registry.open({ database, clock, ids: ulids() });
    }),
  );
  expect(new Set(registries.map(({ store }) => store)).size).toBe(1);
  await (await opened!).close();
});
