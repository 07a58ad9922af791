import assert from "node:assert/strict";
import { column, defineStore, table } from "@reeve/runtime";
import type { Database } from "@reeve/runtime/internal";
import type { StoreCase } from "./store-case.ts";
import type { StoreRig } from "./store-rig.ts";

const notes = defineStore("note", {
  tables: { notes: table({ id: column.text().primaryKey(), text: column.text() }) },
});

type Session = Parameters<Parameters<Database["write"]>[0]>[0];
type Check = Parameters<Session["executeLater"]>[2];

/** Statements that nobody waits for, in a table of notes. */
async function openNotes(rig: StoreRig) {
  const database = await rig.open(await rig.candidate());
  const store = await rig.on(database, notes);
  const { builders } = database.reading(notes);
  const read = () => store.selectFrom("notes").selectAll().orderBy("id").execute();
  return {
    read,
    write: <R>(body: (session: Session) => Promise<R>) => database.write(body, { timeoutMs: 10_000 }),
    insert: (session: Session, id: string, check?: Check) =>
      session.executeLater(notes.layout, builders.insertInto("notes").values({ id, text: "new" }).compile(), check),
    rewrite: (session: Session, text: string, check?: Check) =>
      session.executeLater(notes.layout, builders.updateTable("notes").set({ text }).compile(), check),
    texts: async (session: Session) => {
      const query = builders.selectFrom("notes").select("text").orderBy("id").compile();
      return (await session.execute(notes.layout, query)).rows;
    },
  };
}

export const later: readonly StoreCase[] = [
  {
    promise: "what is done later is done in its order, before the next statement and before the commit",
    async hold(rig) {
      const { write, insert, rewrite, texts, read } = await openNotes(rig);
      const counts: (bigint | undefined)[] = [];
      const seen = await write(async (session) => {
        await insert(session, "a");
        await rewrite(session, "first", ({ numAffectedRows }) => void counts.push(numAffectedRows));
        const found = await texts(session);
        assert.deepEqual([...counts], [1n]);
        await insert(session, "b");
        await rewrite(session, "second", ({ numAffectedRows }) => void counts.push(numAffectedRows));
        return found;
      });
      assert.deepEqual(seen, [{ text: "first" }]);
      assert.deepEqual(counts, [1n, 2n]);
      await write((session) => insert(session, "c"));
      assert.deepEqual(await read(), [
        { id: "a", text: "second" },
        { id: "b", text: "second" },
        { id: "c", text: "new" },
      ]);
    },
  },
  {
    promise: "a check of what is done later that throws rolls the transaction back, with what it threw",
    async hold(rig) {
      const { write, insert, texts, read } = await openNotes(rig);
      const thrown = new Error("not the one it was");
      const refuse = () => {
        throw thrown;
      };
      const refused = write((session) => insert(session, "a", refuse));
      await assert.rejects(refused, (error) => error === thrown);
      const refusedBefore = write(async (session) => {
        await insert(session, "a", refuse);
        await texts(session);
      });
      await assert.rejects(refusedBefore, (error) => error === thrown);
      assert.deepEqual(await read(), []);
    },
  },
  {
    promise: "where what is done later fails, the transaction is told there, and may go on",
    async hold(rig) {
      const { write, insert, read } = await openNotes(rig);
      await write((session) => insert(session, "a"));
      const again = write((session) => insert(session, "a"));
      await assert.rejects(again, { reason: "ROW_EXISTS" });
      const told = await write(async (session) => {
        let reason: unknown;
        await insert(session, "b");
        await insert(session, "a").catch((error) => {
          reason = error.reason;
        });
        await insert(session, "c");
        return reason;
      });
      assert.equal(told, "ROW_EXISTS");
      assert.deepEqual(
        (await read()).map(({ id }) => id),
        ["a", "b", "c"],
      );
    },
  },
];
