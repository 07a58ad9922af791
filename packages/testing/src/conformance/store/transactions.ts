import assert from "node:assert/strict";
import { reeveError } from "@reeve/contract";
import { column, defineStore, table } from "@reeve/runtime";
import type { StoreCase } from "./store-case.ts";
import { rejects } from "./store-rig.ts";

const counters = defineStore("counter", {
  tables: { counters: table({ id: column.text().primaryKey(), value: column.integer().default(0) }) },
});

export const transactions: readonly StoreCase[] = [
  {
    promise: "a transaction that throws keeps nothing, and rejects with what it threw",
    async hold(rig) {
      const store = await rig.store(counters);
      const thrown = new Error("no");
      const failing = store.transaction(async (tx) => {
        await tx.insert("counters", { id: "a" });
        throw thrown;
      });
      await assert.rejects(failing, (error) => error === thrown);
      assert.equal(await store.find("counters", "a"), undefined);
    },
  },
  {
    promise: "reads see nothing of a transaction before it commits, and all of it after",
    async hold(rig) {
      const store = await rig.store(counters);
      const half = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const writing = store.transaction(async (tx) => {
        await tx.insert("counters", { id: "a" });
        half.resolve();
        await goOn.promise;
        await tx.insert("counters", { id: "b" });
      });
      await half.promise;
      const ids = () => store.selectFrom("counters").select("id").orderBy("id").execute();
      const early = ids();
      // A database of one connection lets the read wait for its turn, and then shows both.
      const waits = new Promise<undefined>((resolve) => setImmediate(resolve, undefined));
      const seen = await Promise.race([early, waits]);
      goOn.resolve();
      assert.deepEqual(seen ?? [], []);
      await rig.within("the transaction", writing);
      assert.ok([0, 2].includes((await early).length), "a read saw half of a transaction");
      assert.deepEqual(await ids(), [{ id: "a" }, { id: "b" }]);
    },
  },
  {
    promise: "a read that begins when a transaction has been acknowledged sees it",
    async hold(rig) {
      const store = await rig.store(counters);
      await store.transaction((tx) => tx.insert("counters", { id: "a" }));
      for (let value = 1; value <= 20; value++) {
        await store.transaction((tx) => tx.update("counters", "a", { value }));
        assert.equal((await store.get("counters", "a")).value, value);
      }
    },
  },
  {
    promise: "of transactions that read a row and then change it none is lost",
    async hold(rig) {
      const store = await rig.store(counters);
      await store.transaction((tx) => tx.insert("counters", { id: "a" }));
      const increments = Array.from({ length: 50 }, () =>
        store.transaction(async (tx) => {
          const { value } = await tx.get("counters", "a");
          await Promise.resolve();
          await tx.update("counters", "a", { value: value + 1 });
        }),
      );
      await rig.within("50 transactions", Promise.all(increments));
      assert.equal((await store.get("counters", "a")).value, 50);
    },
  },
  {
    promise: "two transactions, each of which reads what the other changes, end as one after the other would",
    async hold(rig) {
      const store = await rig.store(counters);
      await store.transaction(async (tx) => {
        for (const id of ["a", "b"]) await tx.insert("counters", { id, value: 1 });
      });
      // Each may end the last but one duty, and not the last.
      const leave = (id: string) =>
        store.transaction(async (tx) => {
          const on = await tx.selectFrom("counters").select("id").where("value", "=", 1).execute();
          if (on.length > 1) await tx.update("counters", id, { value: 0 });
        });
      await rig.within("two transactions", Promise.all([leave("a"), leave("b")]));
      const on = await store.selectFrom("counters").select("id").where("value", "=", 1).execute();
      assert.equal(on.length, 1);
    },
  },
  {
    promise: "one that lasts too long is rolled back, its statements are refused, and the next one runs",
    async hold(rig) {
      const store = await rig.store(counters);
      const wakeUp = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      const late = Promise.withResolvers<unknown>();
      const hanging = store.transaction(async (tx) => {
        await tx.insert("counters", { id: "a" });
        begun.resolve();
        await wakeUp.promise;
        await tx.insert("counters", { id: "b" }).then(late.resolve, late.resolve);
      });
      await begun.promise;
      const next = store.transaction((tx) => tx.insert("counters", { id: "c" }));
      const failed = rejects(hanging, { reason: "TRANSACTION_TIMEOUT", retryable: true });
      await rig.clock.advance(10_000);
      try {
        await rig.within("the time-out", failed);
      } finally {
        wakeUp.resolve();
      }
      await rig.within("the next transaction", next);
      await rejects(Promise.reject(await late.promise), { reason: "TRANSACTION_TIMEOUT" });
      assert.deepEqual(await store.selectFrom("counters").select("id").execute(), [{ id: "c" }]);
    },
  },
  {
    promise: "one that nobody wants any more throws why at its next statement, and keeps nothing",
    async hold(rig) {
      const database = await rig.open(await rig.candidate());
      const store = await rig.on(database, counters);
      let reason: ReturnType<typeof reeveError> | undefined;
      const unwanted = database.write(
        async (session) => {
          const tx = database.within(session, counters);
          await tx.insertInto("counters").values({ id: "a" }).execute();
          reason = reeveError("CANCELLED", "the caller has left");
          await tx.insertInto("counters").values({ id: "b" }).execute();
        },
        { timeoutMs: 10_000, unwanted: () => reason },
      );
      await rejects(unwanted, { reason: "CANCELLED" });
      assert.deepEqual(await store.selectFrom("counters").select("id").execute(), []);
    },
  },
  {
    promise: "a transaction is refused as STORE_MISUSE after its end",
    async hold(rig) {
      const store = await rig.store(counters);
      const kept = await store.transaction((tx) => ({ tx }));
      await rejects(kept.tx.selectFrom("counters").selectAll().execute(), { reason: "STORE_MISUSE" });
      await rejects(kept.tx.insertInto("counters").values({ id: "a" }).execute(), { reason: "STORE_MISUSE" });
      assert.equal(await store.find("counters", "a"), undefined);
    },
  },
];
