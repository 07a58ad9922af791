import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { column, Database, defineStore, OpenStore, table } from "../index.ts";
import { scratchDirectory } from "../scratch.test-kit.ts";
import { sqlite } from "./index.ts";

const notes = defineStore("note", { tables: { notes: table({ id: column.text().primaryKey() }) } });

async function openNotes(path: string) {
  const clock = new ManualClock();
  const database = await Database.open(sqlite({ path }), { clock });
  await database.migrate(notes);
  const { store } = new OpenStore({ database, definition: notes });
  return {
    ...{ database, clock, store },
    fault: () => database.health.fault?.kind,
    insert: (id: string) => store.transaction((tx) => tx.insert("notes", { id })),
    ids: async () => (await store.selectFrom("notes").select("id").execute()).map(({ id }) => id),
    /** Until time alone, without a transaction, makes it so. */
    async until(kind: string | undefined) {
      await expect
        .poll(async () => {
          await clock.advance(5_000);
          return database.health.fault?.kind;
        })
        .toBe(kind);
    },
    [Symbol.asyncDispose]: () => database.close(),
  };
}

const loss = { reason: "STORE_FAILED", outcome: "maybe-executed" };

test.each(["", "-wal"])(
  "a transaction is not acknowledged when the file%s was deleted before its commit",
  async (suffix) => {
    using scratch = scratchDirectory();
    const path = scratch.file("store.db");
    await using opened = await openNotes(path);
    await opened.insert("a");
    rmSync(`${path}${suffix}`);
    await expect(opened.insert("b")).rejects.toMatchObject({
      ...loss,
      message: expect.stringContaining(`"${path}${suffix}" was moved or deleted`),
    });
    expect(opened.fault()).toBe("gone");
    await expect(opened.insert("c")).rejects.toMatchObject({ reason: "STORE_FAILED", outcome: "executed" });
    expect(await opened.ids()).toEqual(["a"]);
  },
);

test("a log that was deleted is brought into the database, with all that was acknowledged, and the store goes on", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  {
    await using opened = await openNotes(path);
    await opened.insert("a");
    rmSync(`${path}-wal`);
    await expect(opened.insert("b")).rejects.toMatchObject(loss);
    await opened.until(undefined);
    await opened.insert("c");
    expect(await opened.ids()).toEqual(["a", "b", "c"]);
  }
  await using again = await openNotes(path);
  expect(await again.ids()).toEqual(["a", "b", "c"]);
});

test("closed while its log has no name, a store brings it into the database", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  {
    await using opened = await openNotes(path);
    await opened.insert("a");
    rmSync(`${path}-wal`);
    await expect(opened.insert("b")).rejects.toMatchObject(loss);
  }
  await using again = await openNotes(path);
  expect(await again.ids()).toEqual(["a", "b"]);
});

test("a file that is moved away is told of at rest, and one that is moved back goes on with all that it had", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  await using opened = await openNotes(path);
  await opened.insert("a");
  renameSync(path, `${path}.away`);
  await opened.until("gone");
  await expect(opened.insert("b")).rejects.toMatchObject({ reason: "STORE_FAILED" });
  renameSync(`${path}.away`, path);
  await opened.until(undefined);
  await opened.insert("c");
  expect(await opened.ids()).toEqual(["a", "c"]);
});

test("a directory that is moved away is the file's loss too", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("kept/store.db");
  mkdirSync(dirname(path));
  await using opened = await openNotes(path);
  renameSync(dirname(path), scratch.file("away"));
  await opened.until("gone");
  renameSync(scratch.file("away"), dirname(path));
  await opened.until(undefined);
  await opened.insert("a");
});

test("a file that is replaced by another is left alone until the first is back", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  await using opened = await openNotes(path);
  await opened.insert("a");
  renameSync(path, `${path}.first`);
  copyFileSync(`${path}.first`, path);
  const { size, mtimeMs } = statSync(path);
  await opened.until("replaced");
  await expect(opened.insert("b")).rejects.toMatchObject({
    reason: "STORE_FAILED",
    message: expect.stringContaining("was replaced"),
  });
  await opened.clock.advance(60_000);
  expect([opened.fault(), statSync(path)]).toMatchObject(["replaced", { size, mtimeMs }]);
  renameSync(`${path}.first`, path);
  await opened.until(undefined);
  await opened.insert("c");
});

test.each(["", "-wal"])("a file%s that is cut is told of, and trusted by nobody before a restart", async (suffix) => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  await using opened = await openNotes(path);
  await opened.insert("a");
  truncateSync(`${path}${suffix}`, 100);
  await opened.until("truncated");
  await expect(opened.insert("b")).rejects.toMatchObject({
    reason: "STORE_FAILED",
    message: expect.stringContaining("to 100 bytes"),
  });
  await opened.clock.advance(60_000);
  expect(opened.fault()).toBe("truncated");
});

test("a log that was cut is trusted again by the next start, once its bytes are back, and by no earlier one", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  {
    await using opened = await openNotes(path);
    await opened.insert("a");
    const bytes = readFileSync(`${path}-wal`);
    truncateSync(`${path}-wal`, 100);
    await opened.until("truncated");
    writeFileSync(`${path}-wal`, bytes, { flag: "r+" });
    for (let second = 0; second < 60; second++) {
      await opened.clock.advance(1_000);
      await stat(path);
    }
    expect(opened.fault()).toBe("truncated");
    await expect(opened.insert("b")).rejects.toMatchObject({ reason: "STORE_FAILED", outcome: "executed" });
  }
  await using again = await openNotes(path);
  expect(again.fault()).toBeUndefined();
  await again.insert("c");
  expect(await again.ids()).toEqual(["a", "c"]);
});

test("once damage is found nothing more is written", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  await using opened = await openNotes(path);
  await opened.insert("a");
  truncateSync(`${path}-wal`, 0);
  // It has to read what is not there any more.
  await expect(opened.insert("b")).rejects.toMatchObject({ code: expect.stringMatching(/DATA_LOSS|INTERNAL/) });
  expect(opened.fault()).toMatch(/damaged|truncated/);
  await expect(opened.insert("c")).rejects.toThrow(path);
  await opened.clock.advance(60_000);
  expect(opened.fault()).toMatch(/damaged|truncated/);
});

test("a fault is told at once to who listens, once, and ends with the store", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  const opened = await openNotes(path);
  const told: (string | undefined)[] = [];
  opened.database.health.onChange((fault) => told.push(fault?.kind));
  rmSync(path);
  await Promise.allSettled([opened.insert("a"), opened.insert("b"), opened.insert("c")]);
  await opened.insert("d").catch(() => {});
  expect(told).toEqual(["gone"]);
  await opened.database.close();
  expect(opened.clock.pending).toBe(0);
});
