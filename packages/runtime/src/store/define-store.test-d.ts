import { expectTypeOf, test } from "vitest";
import { column, defineStore, type NewRow, type Row, type Store, type Transaction, table } from "./index.ts";

const volumeStore = defineStore("volume", {
  tables: {
    volumes: table(
      {
        id: column.text().primaryKey(),
        name: column.text().unique(),
        note: column.text(),
        extra: column.json().nullable(),
        sizeGiB: column.integer(),
        status: column.text<"creating" | "available">(),
        host: column.text().nullable(),
        bootable: column.boolean().default(false),
        labels: column.json<Record<string, string>>().default({}),
        createdAt: column.timestamp(),
        legacy: column.text().nullable().until(3),
        tenant: column.text().default("none").since(2),
      },
      { indexes: [{ columns: ["host", "status"] }] },
    ),
    attachments: table({ volumeId: column.text().primaryKey(), slot: column.integer().primaryKey() }, { since: 2 }),
    old: table({ id: column.text().primaryKey() }, { until: 2 }),
  },
  migrations: { 2: async (tx) => tx.updateTable("volumes").set({ tenant: "none" }).execute() },
});

declare const store: Store<typeof volumeStore>;
declare const tx: Transaction<typeof volumeStore>;

test("rows follow from the columns, without those that were removed", () => {
  expectTypeOf<Row<typeof volumeStore, "volumes">>().toEqualTypeOf<{
    readonly id: string;
    readonly name: string;
    readonly note: string;
    readonly extra: { readonly [key: string]: unknown } | null;
    readonly sizeGiB: number;
    readonly status: "creating" | "available";
    readonly host: string | null;
    readonly bootable: boolean;
    readonly labels: Record<string, string>;
    readonly createdAt: Date;
    readonly tenant: string;
  }>();
});

test("what is nullable or has a default may be left out on insert, nothing else", () => {
  const row = { id: "v", name: "n", note: "", sizeGiB: 1, status: "creating", createdAt: new Date() } as const;
  expectTypeOf(row).toExtend<NewRow<typeof volumeStore, "volumes">>();
  tx.insert("volumes", row);
  // @ts-expect-error name is missing
  tx.insert("volumes", { id: "v", note: "", sizeGiB: 1, status: "creating", createdAt: new Date() });
  // @ts-expect-error a number is no text
  tx.insert("volumes", { ...row, note: 1 });
  // @ts-expect-error no such status
  tx.insert("volumes", { ...row, status: "gone" });
  // @ts-expect-error the column was removed
  tx.insert("volumes", { ...row, legacy: "x" });
});

test("keys are a value, or an object when several columns make the key", () => {
  expectTypeOf(store.get("volumes", "v")).resolves.toEqualTypeOf<Row<typeof volumeStore, "volumes">>();
  tx.get("attachments", { volumeId: "v", slot: 1 });
  // @ts-expect-error a part of the key is missing
  tx.get("attachments", { volumeId: "v" });
  // @ts-expect-error the table was removed
  tx.get("old", "x");
  // @ts-expect-error the key does not change
  tx.update("volumes", "v", { id: "w" });
  tx.update("volumes", "v", { host: null, status: "available" });
});

test("Kysely's builders know the tables", () => {
  const rows = store.selectFrom("volumes").select(["id", "labels"]).where("status", "=", "available").execute();
  expectTypeOf(rows).resolves.toEqualTypeOf<{ id: string; labels: Record<string, string> }[]>();
  // @ts-expect-error no such column
  store.selectFrom("volumes").select("nothing");
  // @ts-expect-error reading only
  store.insertInto("volumes");
  tx.updateTable("volumes").set({ bootable: true }).where("id", "=", "v").execute();
  // @ts-expect-error nested transactions do not exist
  tx.transaction;
});

test("a table option names columns of its table", () => {
  // @ts-expect-error no such column
  table({ id: column.text().primaryKey() }, { indexes: [{ columns: ["nothing"] }] });
});
