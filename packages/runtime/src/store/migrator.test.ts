import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { column, Database, defineStore, OpenStore, type StoreDefinition, table } from "./index.ts";
import { scratchDirectory } from "./scratch.test-kit.ts";
import { sqlite } from "./sqlite/index.ts";

const id = column.text().primaryKey();

const first = defineStore("volume", {
  tables: {
    volumes: table({ id, name: column.text(), size: column.text().index(), host: column.text().nullable() }),
    old: table({ id }),
  },
});

// What the first store becomes: renamed, typed, indexed; one table gone and one new.
const third = defineStore("volume", {
  tables: {
    volumes: table(
      {
        id,
        name: column.text(),
        size: column.text().index().until(3),
        host: column.text().nullable(),
        sizeGiB: column.integer().default(0).since(2),
        tenant: column.text().default("it's").since(2),
        labels: column.json<string[]>().default(["a"]).since(3),
        created: column.timestamp().default(new Date(5)).since(3),
        on: column.boolean().default(true).since(3),
        raw: column
          .bytes()
          .default(new Uint8Array([1, 255]))
          .since(3),
      },
      { indexes: [{ columns: ["tenant", "name"], unique: true, since: 3 }] },
    ),
    old: table({ id }, { until: 3 }),
    snapshots: table({ id, volumeId: column.text() }, { since: 2 }),
  },
  migrations: {
    2: async (tx) => {
      for (const { id, size } of await tx.selectFrom("volumes").select(["id", "size"]).execute()) {
        await tx
          .updateTable("volumes")
          .set({ sizeGiB: Number(size) })
          .where("id", "=", id)
          .execute();
      }
    },
  },
});

async function opened<R>(path: string, use: (database: Database) => Promise<R>): Promise<R> {
  const database = await Database.open(sqlite({ path }), { clock: new ManualClock() });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

const migrate = (path: string, definition: StoreDefinition) => opened(path, (database) => database.migrate(definition));

test("a store is brought over all its versions, rows and all", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  await opened(path, async (database) => {
    await database.migrate(first);
    const { store } = new OpenStore({ database, definition: first });
    await store.transaction((tx) => tx.insert("volumes", { id: "v", name: "n", size: "12" }));
  });
  await opened(path, async (database) => {
    await database.migrate(third);
    const { store } = new OpenStore({ database, definition: third });
    expect(await store.get("volumes", "v")).toStrictEqual({
      ...{ id: "v", name: "n", host: null, sizeGiB: 12, tenant: "it's" },
      ...{ labels: ["a"], created: new Date(5), on: true, raw: new Uint8Array([1, 255]) },
    });
    await store.transaction((tx) => tx.insert("snapshots", { id: "s", volumeId: "v" }));
    const twin = store.transaction((tx) => tx.insert("volumes", { id: "w", name: "n" }));
    await expect(twin).rejects.toMatchObject({ reason: "ROW_EXISTS", data: { columns: ["tenant", "name"] } });
    await expect((store as any).find("old", "x")).rejects.toMatchObject({ reason: "STORE_MISUSE" });
  });
});

test("a new database goes through the same versions", async () => {
  await opened(":memory:", async (database) => {
    await database.migrate(third);
    const { store } = new OpenStore({ database, definition: third });
    const row = await store.transaction((tx) => tx.insert("volumes", { id: "v", name: "n" }));
    expect(Object.keys(row)).not.toContain("size");
  });
});

test("each version is applied once, also when many ask for it at once", async () => {
  let runs = 0;
  const counted = defineStore("volume", { tables: { volumes: table({ id }) }, migrations: { 2: async () => runs++ } });
  const again = defineStore("volume", { tables: { volumes: table({ id }) }, migrations: { 2: async () => runs++ } });
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  await opened(path, (database) => Promise.all([counted, again, counted, again].map((d) => database.migrate(d))));
  await migrate(path, counted);
  expect(runs).toBe(1);
});

test("a database that newer code migrated is refused, naming store and version", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  await migrate(path, third);
  await expect(migrate(path, first)).rejects.toMatchObject({
    reason: "MIGRATION_REFUSED",
    code: "FAILED_PRECONDITION",
    message: expect.stringMatching(/store "volume".*version 3.*this code knows only 1/),
    data: { store: "volume", version: 3 },
  });
});

test("a past version that was changed is refused, naming it", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  await migrate(path, first);
  const changed = defineStore("volume", {
    tables: { volumes: table({ id, name: column.integer() }), old: table({ id }) },
  });
  await expect(migrate(path, changed)).rejects.toMatchObject({
    reason: "MIGRATION_REFUSED",
    message: expect.stringMatching(/store "volume", version 1 .*was changed.*version 2/),
  });
});

test("a migration that fails changes nothing, and the next attempt starts where it stood", async () => {
  let broken = true;
  const fragile = defineStore("volume", {
    tables: { volumes: table({ id, tenant: column.text().default("none").since(2) }) },
    migrations: {
      2: async (tx) => {
        await tx.insertInto("volumes").values({ id: "half", tenant: "t" }).execute();
        if (broken) throw new Error("half way");
      },
    },
  });
  using scratch = scratchDirectory();
  await opened(scratch.file("store.db"), async (database) => {
    await expect(database.migrate(fragile)).rejects.toMatchObject({
      reason: "MIGRATION_FAILED",
      outcome: "not-executed",
      message: 'store "volume": the migration to version 2 (add volumes.tenant, migrate rows) failed: half way',
      cause: { message: "half way" },
    });
    broken = false;
    await database.migrate(fragile);
    const { store } = new OpenStore({ database, definition: fragile });
    expect(await store.selectFrom("volumes").select("id").execute()).toEqual([{ id: "half" }]);
  });
});

test("a migration reaches no other store's tables", async () => {
  const other = defineStore("other", { tables: { secrets: table({ id }) } });
  const nosy = defineStore("nosy", {
    tables: { t: table({ id }) },
    migrations: { 2: (tx) => tx.selectFrom("other_secrets").selectAll().execute() },
  });
  await opened(":memory:", async (database) => {
    await database.migrate(other);
    await expect(database.migrate(nosy)).rejects.toMatchObject({
      reason: "MIGRATION_FAILED",
      cause: { reason: "STORE_MISUSE" },
    });
  });
});
