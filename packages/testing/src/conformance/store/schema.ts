import assert from "node:assert/strict";
import { column, defineStore, table } from "@reeve/runtime";
import type { StoreCase } from "./store-case.ts";
import { rejects } from "./store-rig.ts";

const id = column.text().primaryKey();

const first = defineStore("volume", {
  tables: {
    volumes: table({ id, name: column.text(), size: column.text().index(), host: column.text().nullable() }),
    old: table({ id }),
  },
});

// What the first becomes: typed, indexed; one column and one table gone, others new.
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

export const schema: readonly StoreCase[] = [
  {
    promise: "a store is brought over all its versions, with the rows that it has",
    async hold(rig) {
      const database = await rig.open(await rig.candidate());
      const before = await rig.on(database, first);
      await before.transaction((tx) => tx.insert("volumes", { id: "v", name: "n", size: "12" }));
      const store = await rig.on(database, third);
      assert.deepStrictEqual(
        { ...(await store.get("volumes", "v")) },
        {
          ...{ id: "v", name: "n", host: null, sizeGiB: 12, tenant: "it's" },
          ...{ labels: ["a"], created: new Date(5), on: true, raw: new Uint8Array([1, 255]) },
        },
      );
      await store.transaction((tx) => tx.insert("snapshots", { id: "s", volumeId: "v" }));
      const twin = store.transaction((tx) => tx.insert("volumes", { id: "w", name: "n" }));
      await rejects(twin, { reason: "ROW_EXISTS", data: { table: "volumes", columns: ["tenant", "name"] } });
    },
  },
  {
    promise: "a migration that fails changes nothing, and the next attempt starts where it stood",
    async hold(rig) {
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
      const database = await rig.open(await rig.candidate());
      await rejects(database.migrate(fragile), { reason: "MIGRATION_FAILED", outcome: "not-executed" });
      broken = false;
      const store = await rig.on(database, fragile);
      assert.deepEqual(await store.selectFrom("volumes").select("id").execute(), [{ id: "half" }]);
    },
  },
  {
    promise: "a transaction can tell whether the database has a table",
    async hold(rig) {
      const database = await rig.open(await rig.candidate());
      const has = (name: string) => database.write((session) => session.hasTable(name), { timeoutMs: 10_000 });
      assert.equal(await has("volume_volumes"), false);
      await database.migrate(first);
      assert.equal(await has("volume_volumes"), true);
    },
  },
];
