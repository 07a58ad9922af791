import assert from "node:assert/strict";
import { column, defineStore, sql, table } from "@reeve/runtime";
import type { StoreCase } from "./store-case.ts";
import { rejects } from "./store-rig.ts";

const id = column.text().primaryKey();
const mine = defineStore("mine", { tables: { notes: table({ id }) } });
const theirs = defineStore("theirs", { tables: { secrets: table({ id }) } });

/** In SQL that every dialect reads. */
const forbidden = [
  "select * from theirs_secrets",
  "select count(*) from theirs_secrets",
  "select 1 where exists (select 1 from theirs_secrets)",
  "with c as (select id from theirs_secrets) select * from c",
  "insert into theirs_secrets values ('x')",
  "update theirs_secrets set id = 'x'",
  "delete from theirs_secrets",
  "insert into mine_notes (id) select id from theirs_secrets",
  "select * from reeve_migrations",
  "delete from reeve_migrations",
  "drop table mine_notes",
  "drop table theirs_secrets",
  "create table mine_more (id text)",
  "alter table mine_notes add column x text",
];

export const boundaries: readonly StoreCase[] = [
  {
    promise: "no statement of a manager reaches another's tables or the runtime's, or changes the schema",
    async hold(rig) {
      const database = await rig.open(await rig.candidate());
      const store = await rig.on(database, mine);
      const other = await rig.on(database, theirs);
      await other.transaction((tx) => tx.insert("secrets", { id: "s" }));
      for (const text of forbidden) {
        await rejects(sql.raw(text).execute(store), { reason: "STORE_MISUSE" }, text);
        const inside = store.transaction((tx) => sql.raw(text).execute(tx));
        await rejects(inside, { reason: "STORE_MISUSE" }, text);
      }
      assert.deepEqual(await other.selectFrom("secrets").select("id").execute(), [{ id: "s" }]);
    },
  },
  {
    promise: "a read writes nothing, though the same statement works in a transaction",
    async hold(rig) {
      const store = await rig.store(mine);
      const text = "insert into mine_notes (id) values ('a')";
      await rejects(sql.raw(text).execute(store), { reason: "STORE_MISUSE" });
      assert.equal(await store.find("notes", "a"), undefined);
      await store.transaction((tx) => sql.raw(text).execute(tx));
      assert.deepEqual({ ...(await store.get("notes", "a")) }, { id: "a" });
    },
  },
  {
    promise: "malformed SQL is STORE_MISUSE",
    async hold(rig) {
      const store = await rig.store(mine);
      await rejects(sql`selekt 1`.execute(store), { reason: "STORE_MISUSE" });
    },
  },
];
