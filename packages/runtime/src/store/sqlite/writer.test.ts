import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { column, Database, defineStore, table } from "../index.ts";
import { scratchDirectory } from "../scratch.test-kit.ts";
import { sqlite } from "./index.ts";

const notes = defineStore("note", { tables: { notes: table({ id: column.text().primaryKey() }) } });
const brief = { timeoutMs: 1_000, brief: true };

async function openNotes(path: string) {
  const clock = new ManualClock();
  const database = await Database.open(sqlite({ path }), { clock });
  await database.migrate(notes);
  return {
    database,
    clock,
    write: (id: string, options: { timeoutMs: number; brief?: boolean } = brief, fail?: Error) =>
      database.write(async (session) => {
        await database.within(session, notes).insertInto("notes").values({ id }).execute();
        if (fail) throw fail;
        return id;
      }, options),
    ids: async () =>
      (await database.reading(notes).builders.selectFrom("notes").select("id").execute()).map(({ id }) => id),
    [Symbol.asyncDispose]: () => database.close(),
  };
}

test("of brief transactions that share a commit, one that fails takes only its own changes along", async () => {
  using scratch = scratchDirectory();
  await using opened = await openNotes(scratch.file("store.db"));
  const failure = new Error("no");
  const outcomes = await Promise.allSettled([
    opened.write("a"),
    opened.write("b", brief, failure),
    opened.write("c"),
    opened.write("a"),
    opened.write("d"),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected", "fulfilled"]);
  expect(outcomes[1]).toMatchObject({ reason: failure });
  expect(outcomes[3]).toMatchObject({ reason: { reason: "ROW_EXISTS" } });
  expect(await opened.ids()).toEqual(["a", "c", "d"]);
});

test("when the first of them fails, the rest run all the same", async () => {
  await using opened = await openNotes(":memory:");
  const outcomes = await Promise.allSettled([
    opened.write("a", brief, new Error("no")),
    opened.write("b"),
    opened.write("c"),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  expect(await opened.ids()).toEqual(["b", "c"]);
});

test("a brief transaction is done when it is committed, not before", async () => {
  using scratch = scratchDirectory();
  await using opened = await openNotes(scratch.file("store.db"));
  const seen = await Promise.all(["a", "b", "c"].map((id) => opened.write(id).then(() => opened.ids())));
  for (const ids of seen) expect(ids).toEqual(["a", "b", "c"]);
});

test("a transaction that may take its time keeps no earlier one waiting for its commit", async () => {
  using scratch = scratchDirectory();
  await using opened = await openNotes(scratch.file("store.db"));
  const never = new Promise<void>(() => {});
  const first = opened.write("a");
  const slow = opened.database.write(() => never, { timeoutMs: 5_000 });
  await first;
  expect(await opened.ids()).toEqual(["a"]);
  const cut = expect(slow).rejects.toMatchObject({ reason: "TRANSACTION_TIMEOUT" });
  await opened.clock.advance(5_000);
  await cut;
});

test("more brief transactions than share one commit all succeed, in order", async () => {
  await using opened = await openNotes(":memory:");
  const ids = Array.from({ length: 200 }, (_, index) => String(index).padStart(3, "0"));
  const done: string[] = [];
  await Promise.all(ids.map((id) => opened.write(id).then((written) => done.push(written))));
  expect(done).toEqual(ids);
  expect(await opened.ids()).toEqual(ids);
});

test("each transaction runs in the async context it was asked for in", async () => {
  const { AsyncLocalStorage } = await import("node:async_hooks");
  const context = new AsyncLocalStorage<string>();
  await using opened = await openNotes(":memory:");
  const seen = await Promise.all(
    ["a", "b", "c"].map((name) =>
      context.run(name, () => opened.database.write(async () => context.getStore(), brief)),
    ),
  );
  expect(seen).toEqual(["a", "b", "c"]);
});
