import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { column, Database, defineStore, OpenStore, sql, table } from "../index.ts";
import { sqlite } from "./index.ts";

const volumeStore = defineStore("volume", {
  tables: {
    volumes: table({
      id: column.text().primaryKey(),
      name: column.text(),
      sizeGiB: column.integer().default(1),
      note: column.text().nullable().default("none"),
      bootable: column.boolean().default(false),
      labels: column.json<{ tier: string }>().default({ tier: "gold" }),
      parent: column.text().nullable(),
    }),
    attachments: table({
      volumeId: column.text().primaryKey(),
      slot: column.integer().primaryKey(),
      at: column.timestamp().default(new Date(5)),
    }),
  },
});

/** Volumes v and w (a child of v); v is attached in slot 1. */
async function openVolumes() {
  const database = await Database.open(sqlite({ path: ":memory:" }), { clock: new ManualClock() });
  await database.migrate(volumeStore);
  const { store } = new OpenStore({ database, definition: volumeStore });
  await store.transaction(async (tx) => {
    await tx.insert("volumes", { id: "v", name: "db", bootable: true });
    await tx.insert("volumes", { id: "w", name: "log", parent: "v" });
    await tx.insert("attachments", { volumeId: "v", slot: 1 });
  });
  return { store, [Symbol.asyncDispose]: () => database.close() };
}

test("joins and aliases: values keep the types of the columns they stem from", async () => {
  await using opened = await openVolumes();
  const rows = await opened.store
    .selectFrom("volumes")
    .leftJoin("attachments as a", "a.volumeId", "volumes.id")
    .select(["volumes.id", "a.at as since", "volumes.bootable as boots", "labels"])
    .orderBy("volumes.id")
    .execute();
  expect(rows).toStrictEqual([
    { id: "v", since: new Date(5), boots: true, labels: { tier: "gold" } },
    { id: "w", since: null, boots: false, labels: { tier: "gold" } },
  ]);
});

test("an alias may be the name of another table, and a table may be joined to itself", async () => {
  await using opened = await openVolumes();
  const rows = await opened.store
    .selectFrom("volumes as attachments")
    .innerJoin("volumes", "volumes.parent", "attachments.id")
    .select(["volumes.name as child", "attachments.name as parent"])
    .execute();
  expect(rows).toEqual([{ child: "log", parent: "db" }]);
});

test("an upsert refers to the row there and the row given, and returning knows both ways to name a column", async () => {
  await using opened = await openVolumes();
  const row = await opened.store.transaction((tx) =>
    tx
      .insertInto("volumes")
      .values({ id: "v", name: "renamed", sizeGiB: 4 })
      .onConflict((taken) =>
        taken.column("id").doUpdateSet((set) => ({
          name: set.ref("excluded.name"),
          sizeGiB: set("volumes.sizeGiB", "+", set.ref("excluded.sizeGiB")),
        })),
      )
      .returning(["volumes.id", "name", "volumes.sizeGiB as size", "bootable"])
      .executeTakeFirst(),
  );
  expect(row).toEqual({ id: "v", name: "renamed", size: 5, bootable: true });
});

test("updates and deletes refer to their own table and to others", async () => {
  await using opened = await openVolumes();
  await opened.store.transaction(async (tx) => {
    const updated = await tx
      .updateTable("volumes")
      .from("attachments")
      .set((set) => ({ sizeGiB: set("attachments.slot", "+", 10) }))
      .whereRef("volumes.id", "=", "attachments.volumeId")
      .returningAll()
      .execute();
    expect(updated).toMatchObject([{ id: "v", sizeGiB: 11 }]);
    const deleted = await tx
      .deleteFrom("volumes")
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom("attachments").select("slot").whereRef("attachments.volumeId", "=", "volumes.id"))),
      )
      .executeTakeFirst();
    expect(deleted.numDeletedRows).toBe(1n);
  });
});

test("a common table expression hides a table of its name from the rest of the query, not from itself", async () => {
  await using opened = await openVolumes();
  const rows = await opened.store
    .with("volumes", (query) => query.selectFrom("volumes").select("id").where("bootable", "=", true))
    .with("attachments", (query) => query.selectFrom("volumes").select("volumes.id as only"))
    .selectFrom("attachments")
    .select("only")
    .execute();
  expect(rows).toEqual([{ only: "v" }]);
});

test("a recursive expression refers to itself", async () => {
  await using opened = await openVolumes();
  const rows = await opened.store
    .withRecursive("tree", (query) =>
      query
        .selectFrom("volumes")
        .select("volumes.id")
        .where("id", "=", "v")
        .unionAll(query.selectFrom("volumes").innerJoin("tree", "tree.id", "volumes.parent").select("volumes.id")),
    )
    .selectFrom("tree")
    .select("id")
    .execute();
  expect(rows).toEqual([{ id: "v" }, { id: "w" }]);
});

test("of several rows, each takes the defaults of what it leaves out", async () => {
  await using opened = await openVolumes();
  const rows = await opened.store.transaction((tx) =>
    tx
      .insertInto("volumes")
      .values([
        { id: "x", name: "x", bootable: true, note: null },
        { id: "y", name: "y", sizeGiB: 9, labels: { tier: "iron" }, parent: "x" },
      ])
      .returningAll()
      .execute(),
  );
  expect(rows).toStrictEqual([
    { id: "x", name: "x", sizeGiB: 1, note: null, bootable: true, labels: { tier: "gold" }, parent: null },
    { id: "y", name: "y", sizeGiB: 9, note: "none", bootable: false, labels: { tier: "iron" }, parent: "x" },
  ]);
});

test("row locks are implied by the transaction", async () => {
  await using opened = await openVolumes();
  const locked = await opened.store.transaction((tx) => tx.selectFrom("volumes").select("id").forUpdate().execute());
  expect(locked).toHaveLength(2);
});

test("raw SQL names tables by sql.table, and takes parameters", async () => {
  await using opened = await openVolumes();
  const { rows } = await sql<{
    id: string;
  }>`select v.id from ${sql.table("volumes")} v where v.bootable = ${true}`.execute(opened.store);
  expect(rows).toEqual([{ id: "v" }]);
});
