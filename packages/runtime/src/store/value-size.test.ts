import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { column, Database, defineStore, OpenStore, table } from "./index.ts";
import { sqlite } from "./sqlite/index.ts";
import { largestValueBytes } from "./value-size.ts";

const things = defineStore("thing", {
  tables: {
    things: table({
      id: column.text().primaryKey(),
      text: column.text().default(""),
      raw: column.bytes().nullable(),
      labels: column.json<string[]>().default([]),
    }),
  },
});

async function openThings() {
  const database = await Database.open(sqlite({ path: ":memory:" }), { clock: new ManualClock() });
  await database.migrate(things);
  const { store } = new OpenStore({ database, definition: things });
  return { store, [Symbol.asyncDispose]: () => database.close() };
}

const refusal = (name: string, bytes: number) => ({
  reason: "CONSTRAINT_FAILED",
  message: `things.${name}: a value takes at most 1048576 bytes, got ${bytes}; keep large data in files, and their names in rows`,
  data: { table: "things", column: name, bytes, largestBytes: largestValueBytes },
});

test("a value of the largest size is kept, and one that is larger refused with its column and size", async () => {
  await using opened = await openThings();
  const { store } = opened;
  const fits = "x".repeat(largestValueBytes);
  await store.transaction((tx) => tx.insert("things", { id: "a", text: fits }));
  expect((await store.get("things", "a")).text).toBe(fits);
  await expect(store.transaction((tx) => tx.insert("things", { id: "b", text: `${fits}x` }))).rejects.toMatchObject(
    refusal("text", largestValueBytes + 1),
  );
  const raw = new Uint8Array(largestValueBytes + 7);
  await expect(store.transaction((tx) => tx.insert("things", { id: "b", raw }))).rejects.toMatchObject(
    refusal("raw", raw.length),
  );
  // Sizes are those of what is stored: bytes of UTF-8, JSON as text.
  const umlauts = "ü".repeat(600_000);
  await expect(store.transaction((tx) => tx.update("things", "a", { text: umlauts }))).rejects.toMatchObject(
    refusal("text", 1_200_000),
  );
  await expect(
    store.transaction((tx) => tx.update("things", "a", { raw: null, labels: [fits] })),
  ).rejects.toMatchObject(refusal("labels", largestValueBytes + 4));
  expect(await store.selectFrom("things").select("id").execute()).toEqual([{ id: "a" }]);
});

test("of many rows at once the one column is named", async () => {
  await using opened = await openThings();
  const text = "x".repeat(largestValueBytes + 1);
  const rows = [
    { id: "a", text: "small" },
    { id: "b", text },
  ];
  await expect(opened.store.transaction((tx) => tx.insertInto("things").values(rows).execute())).rejects.toMatchObject(
    refusal("text", text.length),
  );
});
