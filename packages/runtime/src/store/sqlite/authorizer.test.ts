import { sql } from "kysely";
import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { column, Database, defineStore, OpenStore, table } from "../index.ts";
import { scratchDirectory } from "../scratch.test-kit.ts";
import { sqlite } from "./index.ts";

const id = column.text().primaryKey();
const mine = defineStore("mine", { tables: { notes: table({ id, tags: column.json<string[]>().default([]) }) } });
const theirs = defineStore("theirs", { tables: { secrets: table({ id }) } });

async function openStores(path: string) {
  const database = await Database.open(sqlite({ path }), { clock: new ManualClock() });
  for (const definition of [mine, theirs]) await database.migrate(definition);
  const { store } = new OpenStore({ database, definition: mine });
  const other = new OpenStore({ database, definition: theirs }).store;
  await other.transaction((tx) => tx.insert("secrets", { id: "s" }));
  return { store, other, [Symbol.asyncDispose]: () => database.close() };
}

const forbidden = [
  "select * from theirs_secrets",
  "select count(*) from theirs_secrets",
  "select count(*) from THEIRS_SECRETS",
  "select 1 where exists (select 1 from theirs_secrets)",
  "with c as (select id from theirs_secrets) select * from c",
  "insert into theirs_secrets values ('x')",
  "update theirs_secrets set id = 'x'",
  "delete from theirs_secrets",
  "insert into mine_notes (id) select id from theirs_secrets",
  "select * from reeve_migrations",
  "select count(*) from reeve_migrations",
  "delete from reeve_migrations",
  "select * from sqlite_schema",
  "select count(*) from sqlite_schema",
  "select * from pragma_table_info('theirs_secrets')",
  "pragma table_info(theirs_secrets)",
  "pragma synchronous = off",
  "attach ':memory:' as other",
  "commit",
  "rollback",
  "savepoint mine",
  "drop table mine_notes",
  "create table mine_more (id text)",
  "create temp table t (id text)",
  "alter table mine_notes add column x text",
  "create trigger t after insert on mine_notes begin delete from theirs_secrets; end",
  "select load_extension('x')",
];

const places = [["store.db"], [":memory:"]] as const;

test.each(places)(
  "in %s, no statement of a manager reaches another's tables, the runtime's, or the file",
  async (place) => {
    using scratch = scratchDirectory();
    await using opened = await openStores(place === ":memory:" ? place : scratch.file(place));
    const { store, other } = opened;
    for (const text of forbidden) {
      const refused = { reason: "STORE_MISUSE" };
      await expect(sql.raw(text).execute(store), text).rejects.toMatchObject(refused);
      await store.transaction((tx) => expect(sql.raw(text).execute(tx), text).rejects.toMatchObject(refused));
    }
    expect(await other.selectFrom("secrets").select("id").execute()).toEqual([{ id: "s" }]);
  },
);

test.each(places)("in %s, everything a manager may do with its own tables works", async (place) => {
  using scratch = scratchDirectory();
  await using opened = await openStores(place === ":memory:" ? place : scratch.file(place));
  const { store } = opened;
  await store.transaction((tx) => tx.insert("notes", { id: "a", tags: ["x", "y"] }));
  const run = async (text: string) => (await sql.raw<{ n: unknown }>(text).execute(store)).rows;
  expect(await run("select count(*) as n from mine_notes")).toEqual([{ n: 1 }]);
  expect(await run("select tag.value as n from mine_notes, json_each(mine_notes.tags) as tag")).toEqual([
    { n: "x" },
    { n: "y" },
  ]);
  expect(await run("with c as (select 1 as x) select count(*) as n from c")).toEqual([{ n: 1 }]);
  expect(
    await run("with recursive c(x) as (select 1 union all select x + 1 from c where x < 3) select max(x) as n from c"),
  ).toEqual([{ n: 3 }]);
});

test.each(places)("in %s, reading writes nothing, though the same statement works in a transaction", async (place) => {
  using scratch = scratchDirectory();
  await using opened = await openStores(place === ":memory:" ? place : scratch.file(place));
  const { store } = opened;
  const text = "insert into mine_notes (id) values ('a') on conflict do nothing";
  await store.transaction((tx) => sql.raw(text).execute(tx));
  await store.transaction((tx) => tx.delete("notes", "a"));
  await expect(sql.raw(text).execute(store)).rejects.toMatchObject({ reason: "STORE_MISUSE" });
  expect(await store.find("notes", "a")).toBeUndefined();
});

test("a statement that was prepared for one store is not lent to another", async () => {
  await using opened = await openStores(":memory:");
  const text = "select id from theirs_secrets";
  expect((await sql.raw(text).execute(opened.other)).rows).toEqual([{ id: "s" }]);
  await expect(sql.raw(text).execute(opened.store)).rejects.toMatchObject({ reason: "STORE_MISUSE" });
});
