import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { column, Database, defineStore, OpenStore, sql, table } from "./index.ts";
import { sqlite } from "./sqlite/index.ts";

const columns = Array.from({ length: 8 }, (_, index) => `c${index}`);
const thingStore = defineStore("thing", {
  tables: {
    things: table({
      id: column.text().primaryKey(),
      count: column.integer().default(0),
      old: column.text().nullable().until(2),
      ...Object.fromEntries(columns.map((name) => [name, column.text().nullable()])),
    }),
  },
});

async function openStore() {
  const database = await Database.open(sqlite({ path: ":memory:" }), { clock: new ManualClock() });
  await database.migrate(thingStore);
  // As a manager without types has it.
  const store: any = new OpenStore({ database, definition: thingStore }).store;
  return { store, [Symbol.asyncDispose]: () => database.close() };
}

test("the same columns with other values, in another order, or some left undefined, are each the row that was given", async () => {
  await using opened = await openStore();
  const { store } = opened;
  await store.transaction(async (tx: any) => {
    expect(await tx.insert("things", { id: "a", count: 1, c0: "x" })).toMatchObject({ id: "a", count: 1, c0: "x" });
    expect(await tx.insert("things", { id: "b", count: 2, c0: "y" })).toMatchObject({ id: "b", count: 2, c0: "y" });
    expect(await tx.insert("things", { c0: "z", id: "c", count: 3 })).toMatchObject({ id: "c", count: 3, c0: "z" });
    expect(await tx.insert("things", { id: "d", count: undefined, c0: "w" })).toMatchObject({ count: 0, c0: "w" });
    expect(await tx.update("things", "a", { count: 4, c0: "v" })).toMatchObject({ id: "a", count: 4, c0: "v" });
    expect(await tx.update("things", "b", { c0: "u", count: 5 })).toMatchObject({ id: "b", count: 5, c0: "u" });
    expect(await tx.update("things", "c", { count: undefined, c0: null })).toMatchObject({
      id: "c",
      count: 3,
      c0: null,
    });
  });
  expect(await store.get("things", "a")).toMatchObject({ count: 4 });
  expect(await store.get("things", "b")).toMatchObject({ count: 5 });
});

test("a change of the key finds the row by its old one", async () => {
  await using opened = await openStore();
  const { store } = opened;
  await store.transaction(async (tx: any) => {
    await tx.insert("things", { id: "a", count: 1 });
    expect(await tx.update("things", "a", { id: "b", count: 2 })).toMatchObject({ id: "b", count: 2 });
  });
  expect(await store.find("things", "a")).toBeUndefined();
});

test("what a query computes is computed, after a plain value for the same column and before the next", async () => {
  await using opened = await openStore();
  await opened.store.transaction(async (tx: any) => {
    await tx.insert("things", { id: "a", count: 1 });
    expect(await tx.insert("things", { id: "b", count: sql`40 + 2` })).toMatchObject({ count: 42 });
    expect(await tx.update("things", "b", { count: 1 })).toMatchObject({ count: 1 });
    expect(await tx.update("things", "b", { count: sql`count + 1` })).toMatchObject({ count: 2 });
    expect(await tx.update("things", "b", { count: 7 })).toMatchObject({ count: 7 });
  });
});

test.each([
  ["an unknown column", { id: "a", nonsense: 1 }, "nonsense"],
  ["a dropped column", { id: "a", old: "x" }, "old"],
  ["a column whose name is SQL", { id: "a", 'c0") values (1); --': 1 }, "c0"],
])("%s is refused, each time", async (_, row, culprit) => {
  await using opened = await openStore();
  const { store } = opened;
  const refused = { reason: "STORE_MISUSE", message: expect.stringContaining(culprit) };
  for (let time = 0; time < 2; time++) {
    await expect(store.transaction((tx: any) => tx.insert("things", row))).rejects.toMatchObject(refused);
    await expect(store.transaction((tx: any) => tx.update("things", "a", row))).rejects.toMatchObject(refused);
  }
});

test("a key that is undefined is refused, and null finds nothing", async () => {
  await using opened = await openStore();
  const { store } = opened;
  await store.transaction((tx: any) => tx.insert("things", { id: "a" }));
  for (const use of [
    () => store.find("things", undefined),
    () => store.transaction((tx: any) => tx.delete("things", undefined)),
    () => store.transaction((tx: any) => tx.update("things", undefined, { count: 1 })),
  ]) {
    await expect(use()).rejects.toMatchObject({ reason: "CONSTRAINT_FAILED" });
  }
  expect(await store.find("things", null)).toBeUndefined();
  expect(await store.transaction((tx: any) => tx.delete("things", null))).toBe(false);
});

test("more sets of columns than are kept all work", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const sets = Array.from({ length: 256 }, (_, bits) => columns.filter((_, index) => bits & (1 << index)));
  await store.transaction(async (tx: any) => {
    for (const [index, set] of [...sets, ...sets].entries()) {
      const values = Object.fromEntries(set.map((name) => [name, `${index}`]));
      expect(await tx.insert("things", { id: `${index}`, ...values })).toMatchObject(values);
    }
  });
});
