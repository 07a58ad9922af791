import assert from "node:assert/strict";
import { column, defineStore, table } from "@reeve/runtime";
import type { StoreCase } from "./store-case.ts";
import { rejects } from "./store-rig.ts";

const volumes = defineStore("volume", {
  tables: {
    volumes: table({
      id: column.text().primaryKey(),
      name: column.text().unique(),
      sizeGiB: column.integer().default(1),
      ratio: column.real().nullable(),
      note: column.text().nullable().default("none"),
      bootable: column.boolean().default(false),
      labels: column.json<{ readonly [key: string]: unknown }>().default({}),
      createdAt: column.timestamp().default(new Date(0)),
      key: column.bytes().nullable(),
    }),
  },
});

/** By what is wrong with it. */
const wrongValues: Readonly<Record<string, object>> = {
  "text in an integer": { sizeGiB: "big" },
  "a fraction in an integer": { sizeGiB: 1.5 },
  "null where none is allowed": { name: null },
  "a number in a boolean": { bootable: 2 },
  "text in json": { labels: "x" },
  NaN: { ratio: Number.NaN },
  "an invalid date": { createdAt: new Date("never") },
  "an object without JSON": { labels: { toJSON: () => undefined } },
};

const full = {
  id: "v1",
  name: "db",
  sizeGiB: 2 ** 53 - 1,
  ratio: 0.5,
  note: null,
  bootable: true,
  labels: { list: [1, { deep: null }], text: 'it\'s "quoted"' },
  createdAt: new Date("2026-02-03T04:05:06.789Z"),
  key: new Uint8Array([0, 255]),
};

export const rows: readonly StoreCase[] = [
  {
    promise: "rows come back as they were given, typed",
    async hold(rig) {
      const store = await rig.store(volumes);
      const inserted = await store.transaction((tx) => tx.insert("volumes", full));
      for (const row of [inserted, await store.get("volumes", "v1")]) assert.deepStrictEqual({ ...row }, full);
    },
  },
  {
    promise: "rows are frozen, and what JSON holds is too",
    async hold(rig) {
      const store = await rig.store(volumes);
      await store.transaction((tx) => tx.insert("volumes", full));
      const row = await store.get("volumes", "v1");
      assert.throws(() => Object.assign(row, { name: "x" }), TypeError);
      assert.throws(() => (row.labels.list as unknown[]).push(1), TypeError);
    },
  },
  {
    promise: "what is left out takes its default, in each of several rows",
    async hold(rig) {
      const store = await rig.store(volumes);
      const several = await store.transaction((tx) =>
        tx
          .insertInto("volumes")
          .values([
            { id: "v1", name: "n1", bootable: true, note: null },
            { id: "v2", name: "n2", sizeGiB: 9, labels: { tier: "iron" } },
          ])
          .returningAll()
          .execute(),
      );
      const left = {
        sizeGiB: 1,
        ratio: null,
        note: "none",
        bootable: false,
        labels: {},
        createdAt: new Date(0),
        key: null,
      };
      assert.deepStrictEqual(
        several.map((row) => ({ ...row })),
        [
          { ...left, id: "v1", name: "n1", bootable: true, note: null },
          { ...left, id: "v2", name: "n2", sizeGiB: 9, labels: { tier: "iron" } },
        ],
      );
    },
  },
  {
    promise: "a taken key and a taken unique value are ROW_EXISTS, naming table and columns",
    async hold(rig) {
      const store = await rig.store(volumes);
      await store.transaction((tx) => tx.insert("volumes", { id: "v", name: "n" }));
      const taken = (columns: string[]) => ({ reason: "ROW_EXISTS", data: { table: "volumes", columns } });
      const insert = (id: string, name: string) => store.transaction((tx) => tx.insert("volumes", { id, name }));
      await rejects(insert("v", "m"), taken(["id"]));
      await rejects(insert("w", "n"), taken(["name"]));
    },
  },
  {
    promise: "a statement that is refused leaves the rest of its transaction usable",
    async hold(rig) {
      const store = await rig.store(volumes);
      await store.transaction(async (tx) => {
        await tx.insert("volumes", { id: "v", name: "n" });
        await assert.rejects(tx.insert("volumes", { id: "v", name: "m" }));
        await tx.insert("volumes", { id: "w", name: "m" });
      });
      assert.deepEqual(await store.selectFrom("volumes").select("id").orderBy("id").execute(), [
        { id: "v" },
        { id: "w" },
      ]);
    },
  },
  {
    promise: "a value that a column cannot hold is CONSTRAINT_FAILED, and nothing is stored",
    async hold(rig) {
      const store = await rig.store(volumes);
      for (const [what, wrong] of Object.entries(wrongValues)) {
        const inserted = store.transaction((tx) => tx.insert("volumes", { id: "v", name: "n", ...wrong }));
        await rejects(inserted, { reason: "CONSTRAINT_FAILED" }, what);
      }
      assert.equal(await store.find("volumes", "v"), undefined);
    },
  },
];
