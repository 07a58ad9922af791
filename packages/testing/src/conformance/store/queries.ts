import assert from "node:assert/strict";
import { column, defineStore, type Store, sql, table } from "@reeve/runtime";
import type { StoreCase } from "./store-case.ts";
import type { StoreRig } from "./store-rig.ts";

const definition = defineStore("volume", {
  tables: {
    volumes: table({
      id: column.text().primaryKey(),
      name: column.text(),
      sizeGiB: column.integer().default(1),
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
async function volumes(rig: StoreRig): Promise<Store<typeof definition>> {
  const store = await rig.store(definition);
  await store.transaction(async (tx) => {
    await tx.insert("volumes", { id: "v", name: "db", bootable: true });
    await tx.insert("volumes", { id: "w", name: "log", parent: "v" });
    await tx.insert("attachments", { volumeId: "v", slot: 1 });
  });
  return store;
}

const plain = (rows: readonly object[]) => rows.map((row) => ({ ...row }));

export const queries: readonly StoreCase[] = [
  {
    promise: "in joins and under aliases, values keep the types of the columns that they stem from",
    async hold(rig) {
      const store = await volumes(rig);
      const joined = await store
        .selectFrom("volumes")
        .leftJoin("attachments as a", "a.volumeId", "volumes.id")
        .select(["volumes.id", "a.at as since", "volumes.bootable as boots", "labels"])
        .orderBy("volumes.id")
        .execute();
      assert.deepStrictEqual(plain(joined), [
        { id: "v", since: new Date(5), boots: true, labels: { tier: "gold" } },
        { id: "w", since: null, boots: false, labels: { tier: "gold" } },
      ]);
    },
  },
  {
    promise: "an alias may be the name of another table, and a table may be joined to itself",
    async hold(rig) {
      const store = await volumes(rig);
      const named = await store
        .selectFrom("volumes as attachments")
        .innerJoin("volumes", "volumes.parent", "attachments.id")
        .select(["volumes.name as child", "attachments.name as parent"])
        .execute();
      assert.deepEqual(plain(named), [{ child: "log", parent: "db" }]);
    },
  },
  {
    promise: "an upsert refers to the row there and the row given, and returns what it is told to",
    async hold(rig) {
      const store = await volumes(rig);
      const row = await store.transaction((tx) =>
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
          .executeTakeFirstOrThrow(),
      );
      assert.deepEqual({ ...row }, { id: "v", name: "renamed", size: 5, bootable: true });
    },
  },
  {
    promise: "updates and deletes refer to their own table and to others, and say how many rows they changed",
    async hold(rig) {
      const store = await volumes(rig);
      await store.transaction(async (tx) => {
        const updated = await tx
          .updateTable("volumes")
          .from("attachments")
          .set((set) => ({ sizeGiB: set("attachments.slot", "+", 10) }))
          .whereRef("volumes.id", "=", "attachments.volumeId")
          .returning(["volumes.id", "volumes.sizeGiB"])
          .execute();
        assert.deepEqual(plain(updated), [{ id: "v", sizeGiB: 11 }]);
        const { numUpdatedRows } = await tx.updateTable("volumes").set({ name: "same" }).executeTakeFirstOrThrow();
        assert.equal(numUpdatedRows, 2n);
        const { numDeletedRows } = await tx
          .deleteFrom("volumes")
          .where(({ not, exists, selectFrom }) =>
            not(exists(selectFrom("attachments").select("slot").whereRef("attachments.volumeId", "=", "volumes.id"))),
          )
          .executeTakeFirstOrThrow();
        assert.equal(numDeletedRows, 1n);
      });
    },
  },
  {
    promise: "a common table expression hides a table of its name from the rest of the query, not from itself",
    async hold(rig) {
      const store = await volumes(rig);
      const hidden = await store
        .with("volumes", (query) => query.selectFrom("volumes").select("id").where("bootable", "=", true))
        .with("attachments", (query) => query.selectFrom("volumes").select("volumes.id as only"))
        .selectFrom("attachments")
        .select("only")
        .execute();
      assert.deepEqual(plain(hidden), [{ only: "v" }]);
      const tree = await store
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
      assert.deepEqual(plain(tree), [{ id: "v" }, { id: "w" }]);
    },
  },
  {
    promise: "rows may be locked for update and for share in a transaction",
    async hold(rig) {
      const store = await volumes(rig);
      await store.transaction(async (tx) => {
        assert.equal((await tx.selectFrom("volumes").select("id").forUpdate().execute()).length, 2);
        assert.equal((await tx.selectFrom("volumes").select("id").forShare().execute()).length, 2);
      });
    },
  },
  {
    promise: "raw SQL names tables by sql.table, and takes parameters",
    async hold(rig) {
      const store = await volumes(rig);
      const { rows } = await sql<{
        id: string;
      }>`select v.id from ${sql.table("volumes")} v where v.bootable = ${true}`.execute(store);
      assert.deepEqual(plain(rows), [{ id: "v" }]);
    },
  },
];
