import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { column, Database, defineStore, OpenStore, table } from "./index.ts";
import { scratchDirectory } from "./scratch.test-kit.ts";
import { sqlite } from "./sqlite/index.ts";

const volumeStore = defineStore("volume", {
  tables: {
    volumes: table({
      id: column.text().primaryKey(),
      name: column.text().unique(),
      sizeGiB: column.integer().default(1),
      ratio: column.real().nullable(),
      bootable: column.boolean().default(false),
      labels: column.json<{ readonly [key: string]: unknown }>().default({}),
      createdAt: column.timestamp().default(new Date(0)),
      key: column.bytes().nullable(),
    }),
    attachments: table({
      volumeId: column.text().primaryKey(),
      slot: column.integer().primaryKey(),
      host: column.text(),
    }),
  },
});

const otherStore = defineStore("other", { tables: { secrets: table({ id: column.text().primaryKey() }) } });

async function openStore(path: string, clock = new ManualClock()) {
  const database = await Database.open(sqlite({ path }), { clock });
  await database.migrate(volumeStore);
  await database.migrate(otherStore);
  const { store } = new OpenStore({ database, definition: volumeStore });
  const other = new OpenStore({ database, definition: otherStore }).store;
  return { database, store, other, clock, [Symbol.asyncDispose]: () => database.close() };
}

// Whatever holds for the file holds in memory.
const places = [
  ["a file", "store.db"],
  ["memory", undefined],
] as const;

test.each(places)("in %s, rows come back as they were given, typed and frozen", async (_, name) => {
  using scratch = scratchDirectory();
  await using opened = await openStore(name ? scratch.file(name) : ":memory:");
  const { store } = opened;
  const given = {
    id: "v1",
    name: "db",
    sizeGiB: 2 ** 53 - 1,
    ratio: 0.5,
    bootable: true,
    labels: { list: [1, { deep: null }], text: 'it\'s "quoted"' },
    createdAt: new Date("2026-02-03T04:05:06.789Z"),
    key: new Uint8Array([0, 255]),
  };
  const inserted = await store.transaction((tx) => tx.insert("volumes", given));
  expect(inserted).toStrictEqual(given);
  const row = await store.get("volumes", "v1");
  expect(row).toStrictEqual(given);
  expect(() => Object.assign(row, { name: "x" })).toThrow(TypeError);
  expect(() => (row.labels.list as unknown[]).push(1)).toThrow(TypeError);
});

test.each(places)(
  "in %s, reads see nothing of a transaction before it commits, and all of it after",
  async (_, name) => {
    using scratch = scratchDirectory();
    await using opened = await openStore(name ? scratch.file(name) : ":memory:");
    const { store } = opened;
    const half = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const writing = store.transaction(async (tx) => {
      await tx.insert("volumes", { id: "v1", name: "a" });
      half.resolve();
      await goOn.promise;
      await tx.insert("volumes", { id: "v2", name: "b" });
    });
    await half.promise;
    const early = store.selectFrom("volumes").select("id").execute();
    if (name) expect(await early).toEqual([]);
    goOn.resolve();
    await writing;
    // In memory a read waits for its turn, and then sees both or none.
    expect([0, 2]).toContain((await early).length);
    expect(await store.selectFrom("volumes").select("id").execute()).toEqual([{ id: "v1" }, { id: "v2" }]);
  },
);

test("what is left out takes its default", async () => {
  await using opened = await openStore(":memory:");
  const row = await opened.store.transaction((tx) => tx.insert("volumes", { id: "v", name: "n" }));
  expect(row).toStrictEqual({
    id: "v",
    name: "n",
    sizeGiB: 1,
    ratio: null,
    bootable: false,
    labels: {},
    createdAt: new Date(0),
    key: null,
  });
});

test("rows are found, changed and removed by key, also when several columns make it", async () => {
  await using opened = await openStore(":memory:");
  const { store } = opened;
  await store.transaction(async (tx) => {
    await tx.insert("volumes", { id: "v", name: "n" });
    await tx.insert("attachments", { volumeId: "v", slot: 1, host: "a" });
    await tx.insert("attachments", { volumeId: "v", slot: 2, host: "a" });
    expect(await tx.update("attachments", { volumeId: "v", slot: 2 }, { host: "b" })).toMatchObject({
      slot: 2,
      host: "b",
    });
    expect(await tx.update("volumes", "v", { name: undefined })).toMatchObject({ name: "n" });
    expect(await tx.delete("attachments", { volumeId: "v", slot: 1 })).toBe(true);
    expect(await tx.delete("attachments", { volumeId: "v", slot: 1 })).toBe(false);
  });
  expect(await store.find("attachments", { volumeId: "v", slot: 1 })).toBeUndefined();
  expect(await store.get("attachments", { volumeId: "v", slot: 2 })).toMatchObject({ host: "b" });
});

test("a missing row is named", async () => {
  await using opened = await openStore(":memory:");
  const { store } = opened;
  const missing = { reason: "ROW_NOT_FOUND", code: "NOT_FOUND", data: { table: "volumes", key: "v9" } };
  await expect(store.get("volumes", "v9")).rejects.toMatchObject(missing);
  await expect(store.transaction((tx) => tx.update("volumes", "v9", { name: "x" }))).rejects.toMatchObject(missing);
  await expect(store.transaction((tx) => tx.get("volumes", "v9"))).rejects.toMatchObject(missing);
});

test("a taken key and a taken unique value are named, and leave the rest of the transaction usable", async () => {
  await using opened = await openStore(":memory:");
  const { store } = opened;
  await store.transaction(async (tx) => {
    await tx.insert("volumes", { id: "v", name: "n" });
    const twin = tx.insert("volumes", { id: "v", name: "m" });
    await expect(twin).rejects.toMatchObject({ reason: "ROW_EXISTS", data: { table: "volumes", columns: ["id"] } });
    const namesake = tx.insert("volumes", { id: "w", name: "n" });
    await expect(namesake).rejects.toMatchObject({
      reason: "ROW_EXISTS",
      data: { table: "volumes", columns: ["name"] },
    });
  });
  expect(await store.get("volumes", "v")).toMatchObject({ name: "n" });
});

test.each([
  ["text in an integer", { sizeGiB: "big" }, "volumes.sizeGiB"],
  ["a fraction in an integer", { sizeGiB: 1.5 }, "volumes.sizeGiB"],
  ["null where none is allowed", { name: null }, "volumes.name"],
  ["a number in a boolean", { bootable: 2 }, "bootable is boolean"],
  ["text in json", { labels: "x" }, "labels is an object or array"],
  ["NaN", { ratio: Number.NaN }, "NaN"],
  ["an invalid date", { createdAt: new Date("never") }, "NaN"],
  ["an object without JSON", { labels: { toJSON: () => undefined } }, "without JSON"],
])("refuses %s, naming it", async (_, wrong, culprit) => {
  await using opened = await openStore(":memory:");
  const inserted = opened.store.transaction((tx) => tx.insert("volumes", { id: "v", name: "n", ...(wrong as object) }));
  await expect(inserted).rejects.toMatchObject({
    reason: "CONSTRAINT_FAILED",
    message: expect.stringContaining(culprit),
  });
});

test("a transaction that throws keeps nothing, and throws what it threw", async () => {
  await using opened = await openStore(":memory:");
  const { store } = opened;
  const thrown = new Error("no");
  const failing = store.transaction(async (tx) => {
    await tx.insert("volumes", { id: "v", name: "n" });
    throw thrown;
  });
  await expect(failing).rejects.toBe(thrown);
  expect(await store.find("volumes", "v")).toBeUndefined();
});

test("transactions run one after the other, in the order they were asked for", async () => {
  await using opened = await openStore(":memory:");
  const { store } = opened;
  await store.transaction((tx) => tx.insert("volumes", { id: "v", name: "0" }));
  const seen: string[] = [];
  const increments = Array.from({ length: 50 }, (_, turn) =>
    store.transaction(async (tx) => {
      const { name } = await tx.get("volumes", "v");
      await tx.update("volumes", "v", { name: String(Number(name) + 1) });
      seen.push(`${turn}`);
    }),
  );
  await Promise.all(increments);
  expect(await store.get("volumes", "v")).toMatchObject({ name: "50" });
  expect(seen).toEqual(Array.from({ length: 50 }, (_, turn) => `${turn}`));
});

test.each([
  ["a read", (store: any) => store.get("volumes", "v")],
  ["a query", (store: any) => store.selectFrom("volumes").selectAll().execute()],
  ["a nested transaction", (store: any) => store.transaction(async () => {})],
  ["another store's read", (_: any, other: any) => other.find("secrets", "x")],
])("the store inside its own transaction is refused at once: %s", async (_, use) => {
  await using opened = await openStore(":memory:");
  const { store, other } = opened;
  const misused = store.transaction(async () => use(store, other));
  await expect(misused).rejects.toMatchObject({
    reason: "STORE_MISUSE",
    message: expect.stringContaining("use the transaction's tx"),
  });
  expect(await store.selectFrom("volumes").selectAll().execute()).toEqual([]);
});

test("what a transaction leaves running may use the store once it has ended", async () => {
  await using opened = await openStore(":memory:");
  const { store } = opened;
  const later = Promise.withResolvers<void>();
  const reading = await store.transaction(async () => ({
    rows: later.promise.then(() => store.selectFrom("volumes").select("id").execute()),
  }));
  later.resolve();
  expect(await reading.rows).toEqual([]);
});

test("tx is refused after its end", async () => {
  await using opened = await openStore(":memory:");
  const { store } = opened;
  const kept = await store.transaction((tx) => ({ tx }));
  await expect(kept.tx.insert("volumes", { id: "v", name: "n" })).rejects.toMatchObject({ reason: "STORE_MISUSE" });
  await expect(kept.tx.selectFrom("volumes").selectAll().execute()).rejects.toMatchObject({ reason: "STORE_MISUSE" });
});

test("a transaction that takes too long is rolled back, its tx refused, and the next one runs", async () => {
  await using opened = await openStore(":memory:");
  const { store, clock } = opened;
  const wakeUp = Promise.withResolvers<void>();
  const late = Promise.withResolvers<unknown>();
  const hanging = store.transaction(async (tx) => {
    await tx.insert("volumes", { id: "v", name: "n" });
    await wakeUp.promise;
    await tx.insert("volumes", { id: "w", name: "m" }).catch(late.resolve);
  });
  const next = store.transaction((tx) => tx.insert("volumes", { id: "x", name: "n" }));
  const failed = expect(hanging).rejects.toMatchObject({ reason: "TRANSACTION_TIMEOUT", retryable: true });
  await clock.advance(9_999);
  expect(clock.pending).toBe(1);
  await clock.advance(1);
  await failed;
  await next;
  wakeUp.resolve();
  expect(await late.promise).toMatchObject({ reason: "TRANSACTION_TIMEOUT" });
  expect(await store.selectFrom("volumes").select("id").execute()).toEqual([{ id: "x" }]);
  expect(clock.pending).toBe(0);
});

test("the bound of a transaction can be set, and a bad one is refused", async () => {
  await using opened = await openStore(":memory:");
  const { store, clock } = opened;
  const hanging = store.transaction(() => new Promise(() => {}), { timeout: "1s" });
  const failed = expect(hanging).rejects.toMatchObject({ reason: "TRANSACTION_TIMEOUT" });
  await clock.advance(1_000);
  await failed;
  await expect(store.transaction(async () => {}, { timout: "1s" } as never)).rejects.toThrow(
    'transaction: unknown option "timout"; did you mean "timeout"?',
  );
  await expect(store.transaction(async () => {}, { alone: "volume" as never })).rejects.toThrow(
    'store "volume" has no table "volume"',
  );
  await expect(store.transaction(async () => {}, { timeout: "soon" as never })).rejects.toThrow(
    'transaction timeout: expected milliseconds from 0 to 2147483647, or text like "30s", got "soon"',
  );
});

test("a revoked handle neither reads nor writes, and what waits for its turn is refused too", async () => {
  await using opened = await openStore(":memory:");
  const handle = new OpenStore({ database: opened.database, definition: volumeStore });
  const { store } = handle;
  const entered = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const running = store.transaction(async (tx) => {
    await tx.insert("volumes", { id: "v", name: "n" });
    entered.resolve();
    await goOn.promise;
  });
  const waiting = store.transaction((tx) => tx.insert("volumes", { id: "w", name: "m" }));
  await entered.promise;
  handle.revoke();
  goOn.resolve();
  const fenced = { reason: "FENCED" };
  await expect(running).rejects.toMatchObject(fenced);
  await expect(waiting).rejects.toMatchObject(fenced);
  await expect(store.get("volumes", "v")).rejects.toMatchObject(fenced);
  await expect(store.transaction(async () => {})).rejects.toMatchObject(fenced);
  expect(await opened.store.selectFrom("volumes").select("id").execute()).toEqual([]);
});
