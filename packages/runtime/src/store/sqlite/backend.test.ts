import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { column, Database, defineStore, OpenStore, table } from "../index.ts";
import { scratchDirectory } from "../scratch.test-kit.ts";
import { sqlite } from "./index.ts";

const blobs = defineStore("blob", {
  tables: { blobs: table({ id: column.text().primaryKey(), data: column.text().index() }) },
});

async function openStore(path: string) {
  const database = await Database.open(sqlite({ path }), { clock: new ManualClock() });
  await database.migrate(blobs);
  const { store } = new OpenStore({ database, definition: blobs });
  return { database, store, [Symbol.asyncDispose]: () => database.close() };
}

test.each([[""], ["a\0b"], [undefined], [7]])("path %j is refused", (path) => {
  expect(() => sqlite({ path: path as string })).toThrow(expect.objectContaining({ reason: "INVALID_OPTION" }));
});

test("a missing directory, and a file in its place, are named, with what to do", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("missing/store.db");
  await expect(openStore(path)).rejects.toMatchObject({
    reason: "STORE_FAILED",
    message: `the directory of store file "${path}" does not exist: create "${scratch.file("missing")}", or give the store another path`,
    data: { path, directory: scratch.file("missing") },
  });
  writeFileSync(scratch.file("missing"), "");
  await expect(openStore(path)).rejects.toMatchObject({
    reason: "STORE_FAILED",
    message: expect.stringContaining(`"${path}" is not a directory`),
  });
});

test("a directory in the place of the file is named", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  mkdirSync(path);
  await expect(openStore(path)).rejects.toMatchObject({
    reason: "STORE_FAILED",
    message: expect.stringContaining(path),
  });
});

test("a file other than a database is STORE_CORRUPT, named, and left as it is", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  const text = "these are the notes of somebody. ".repeat(100);
  writeFileSync(path, text);
  await expect(openStore(path)).rejects.toMatchObject({
    ...{ reason: "STORE_CORRUPT", code: "DATA_LOSS" },
    message: expect.stringContaining(path),
  });
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("a refused file is not held: put in order, it opens", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  writeFileSync(path, "no database. ".repeat(100));
  await expect(openStore(path)).rejects.toMatchObject({ reason: "STORE_CORRUPT" });
  truncateSync(path, 0);
  await using opened = await openStore(path);
  expect(await opened.store.selectFrom("blobs").select("id").execute()).toEqual([]);
});

test("a damaged page is STORE_CORRUPT when it is read, naming the file", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  {
    await using opened = await openStore(path);
    await opened.store.transaction(async (tx) => {
      for (let index = 0; index < 200; index++) await tx.insert("blobs", { id: `${index}`, data: "x".repeat(500) });
    });
  }
  const size = readFileSync(path).length;
  const file = openSync(path, "r+");
  for (let page = 12; page * 4096 < size; page++) writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
  closeSync(file);
  await using opened = await openStore(path);
  const reading = opened.store.selectFrom("blobs").selectAll().execute();
  await expect(reading).rejects.toMatchObject({ reason: "STORE_CORRUPT", message: expect.stringContaining(path) });
});

test("closing waits for what was asked for, refuses what comes later, and leaves one file and its lock", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  const { database, store } = await openStore(path);
  const written = store.transaction((tx) => tx.insert("blobs", { id: "a", data: "x" }));
  const closed = database.close();
  await written;
  await closed;
  await expect(store.transaction(async () => {})).rejects.toMatchObject({ reason: "STORE_MISUSE" });
  await expect(store.find("blobs", "a")).rejects.toMatchObject({ reason: "STORE_MISUSE" });
  expect([existsSync(path), existsSync(`${path}-wal`)]).toEqual([true, false]);
});

test("another program that locks the file makes transactions fail, retryable, and reads go on", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  await using opened = await openStore(path);
  const { store } = opened;
  const program = new DatabaseSync(path);
  program.exec("begin immediate");
  const blocked = store.transaction((tx) => tx.insert("blobs", { id: "a", data: "x" }));
  await expect(blocked).rejects.toMatchObject({ reason: "STORE_FAILED", retryable: true });
  expect(await store.find("blobs", "a")).toBeUndefined();
  program.close();
  await store.transaction((tx) => tx.insert("blobs", { id: "a", data: "x" }));
});

test("malformed SQL is the program's mistake", async () => {
  await using opened = await openStore(":memory:");
  await expect(sql`selekt 1`.execute(opened.store)).rejects.toMatchObject({ reason: "STORE_MISUSE" });
});

test("rows are not streamed", async () => {
  await using opened = await openStore(":memory:");
  const reading = async () => {
    for await (const _ of opened.store.selectFrom("blobs").selectAll().stream()) expect.unreachable();
  };
  await expect(reading()).rejects.toThrow("page through them");
});
