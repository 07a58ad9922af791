import assert from "node:assert/strict";
import { column, defineStore, table } from "@reeve/runtime";
import type { StoreCase } from "./store-case.ts";
import { rejects } from "./store-rig.ts";

const notes = defineStore("note", { tables: { notes: table({ id: column.text().primaryKey() }) } });

export const life: readonly StoreCase[] = [
  {
    promise: "a close, asked for once or twice, waits for the transactions before it; what comes later is STORE_MISUSE",
    async hold(rig) {
      const database = await rig.open(await rig.candidate());
      const store = await rig.on(database, notes);
      const written = store.transaction((tx) => tx.insert("notes", { id: "a" }));
      const closed = database.close();
      await rig.within("the transaction", written);
      await rig.within("the close", Promise.all([closed, database.close()]));
      await rejects(
        rig.within(
          "a transaction",
          store.transaction((tx) => tx.insert("notes", { id: "b" })),
        ),
        {
          reason: "STORE_MISUSE",
        },
      );
      await rejects(rig.within("a read", store.find("notes", "a")), { reason: "STORE_MISUSE" });
    },
  },
  {
    promise: "a database that works has no fault, and names itself",
    async hold(rig) {
      const database = await rig.open(await rig.candidate());
      await rig.on(database, notes);
      assert.equal(database.health.fault, undefined);
      assert.ok(database.name.length > 0, "it has no name");
    },
  },
  {
    promise: "a database has one clock, in a transaction and outside",
    async hold(rig) {
      const database = await rig.open(await rig.candidate());
      await rig.on(database, notes);
      const before = await database.now();
      const inside = await database.write((session) => session.now(), { timeoutMs: 10_000 });
      const after = await database.now();
      assert.ok(before <= inside && inside <= after, `${inside} is not between ${before} and ${after}`);
      const [lowest, highest] = [Date.UTC(2020), Date.UTC(2200)];
      assert.ok(lowest < before && before < highest, `${before} is not of this century`);
    },
  },
  {
    promise: "a database that is opened again has what was acknowledged",
    lasting: true,
    async hold(rig) {
      const candidate = await rig.candidate();
      const before = await rig.open(candidate);
      const store = await rig.on(before, notes);
      await store.transaction((tx) => tx.insert("notes", { id: "a" }));
      await before.close();
      const again = await rig.on(await rig.open(candidate), notes);
      assert.deepEqual(await again.selectFrom("notes").select("id").execute(), [{ id: "a" }]);
    },
  },
  {
    promise: "a database lies in one place, when it is opened again too, and another one in another",
    lasting: true,
    async hold(rig) {
      const candidate = await rig.candidate();
      const before = await rig.open(candidate);
      const { place } = before;
      assert.equal(before.place, place);
      await before.close();
      assert.equal((await rig.open(candidate)).place, place);
      assert.notEqual((await rig.open(await rig.candidate())).place, place);
    },
  },
];
