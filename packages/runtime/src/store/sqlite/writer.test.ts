import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { column, Database, defineStore, type Session, sql, table } from "../index.ts";
import { scratchDirectory } from "../scratch.test-kit.ts";
import { sqlite } from "./index.ts";

const notes = defineStore("note", { tables: { notes: table({ id: column.text().primaryKey() }) } });
const brief = { timeoutMs: 1_000 };

async function openNotes(path: string) {
  const clock = new ManualClock();
  const database = await Database.open(sqlite({ path }), { clock });
  await database.migrate(notes);
  return {
    database,
    clock,
    write: (id: string, options: { timeoutMs: number } = brief, fail?: Error) =>
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

test("one that waits in its midst keeps what it has done, and sees what earlier ones have", async () => {
  using scratch = scratchDirectory();
  await using opened = await openNotes(scratch.file("store.db"));
  const goOn = Promise.withResolvers<void>();
  const first = opened.write("a");
  const refusedFirst = opened.write("x", brief, new Error("no")).catch(() => "refused");
  const slow = opened.database.write(async (session) => {
    const { builders } = opened.database.queries(session, notes);
    await builders.insertInto("notes").values({ id: "b" }).execute();
    await expect(builders.insertInto("notes").values({ id: "a" }).execute()).rejects.toThrow();
    await goOn.promise;
    await builders.insertInto("notes").values({ id: "c" }).execute();
    return builders.selectFrom("notes").select("id").execute();
  }, brief);
  const later = opened.write("d");
  expect(await Promise.all([first, refusedFirst])).toEqual(["a", "refused"]);
  expect(await opened.ids()).toEqual(["a"]);
  goOn.resolve();
  expect(await slow).toEqual([{ id: "a" }, { id: "b" }, { id: "c" }]);
  await later;
  expect(await opened.ids()).toEqual(["a", "b", "c", "d"]);
});

test("one that waits in its midst and then fails takes nothing of the others along", async () => {
  using scratch = scratchDirectory();
  await using opened = await openNotes(scratch.file("store.db"));
  const goOn = Promise.withResolvers<void>();
  const failure = new Error("no");
  const first = opened.write("a");
  const slow = opened.database.write(async (session) => {
    await opened.database.within(session, notes).insertInto("notes").values({ id: "b" }).execute();
    await goOn.promise;
    throw failure;
  }, brief);
  const later = opened.write("c");
  await first;
  goOn.resolve();
  await expect(slow).rejects.toBe(failure);
  await later;
  expect(await opened.ids()).toEqual(["a", "c"]);
});

test("one that waits in its midst after it has seen what chance gave fails whole, and may be tried again", async () => {
  using scratch = scratchDirectory();
  await using opened = await openNotes(scratch.file("store.db"));
  const goOn = Promise.withResolvers<void>();
  const draw = async (session: Session) => {
    const executor = opened.database.queries(session, notes);
    const insert = sql<{ id: string }>`insert into note_notes (id) values (hex(randomblob(8))) returning id`;
    await insert.execute({ getExecutor: () => executor.executor });
    await goOn.promise;
  };
  const first = opened.write("a");
  const slow = opened.database.write(draw, brief);
  const failed = expect(slow).rejects.toMatchObject({ reason: "STORE_FAILED", retryable: true });
  await first;
  goOn.resolve();
  await failed;
  expect(await opened.ids()).toEqual(["a"]);
  await opened.database.write(draw, brief);
  expect(await opened.ids()).toHaveLength(2);
});

test("one that waits in its midst may have changed rows before it inserted one", async () => {
  using scratch = scratchDirectory();
  await using opened = await openNotes(scratch.file("store.db"));
  await opened.write("old");
  const goOn = Promise.withResolvers<void>();
  const first = opened.write("a");
  const slow = opened.database.write(async (session) => {
    const { builders } = opened.database.queries(session, notes);
    await builders.updateTable("notes").set({ id: "new" }).where("id", "=", "old").execute();
    await builders.deleteFrom("notes").where("id", "=", "none").execute();
    await builders.insertInto("notes").values({ id: "b" }).execute();
    await goOn.promise;
  }, brief);
  await first;
  goOn.resolve();
  await slow;
  expect(await opened.ids()).toEqual(["new", "a", "b"]);
});

test("one that swallows its timeout, and goes on, is not committed", async () => {
  using scratch = scratchDirectory();
  await using opened = await openNotes(scratch.file("store.db"));
  const goOn = Promise.withResolvers<void>();
  const first = opened.write("a");
  const slow = opened.database.write(async (session) => {
    const { builders } = opened.database.queries(session, notes);
    const insert = (id: string) => builders.insertInto("notes").values({ id }).execute();
    await insert("b");
    await first;
    // The timer has not had its turn.
    opened.clock.stall(1_000);
    await insert("c").catch(() => {});
    await goOn.promise;
    await insert("d").catch(() => {});
  }, brief);
  await first;
  goOn.resolve();
  await expect(slow).rejects.toMatchObject({ reason: "TRANSACTION_TIMEOUT" });
  await opened.write("e");
  expect(await opened.ids()).toEqual(["a", "e"]);
});

test("one that may not roll back more than itself: those that share its commit are not its own", async () => {
  using scratch = scratchDirectory();
  await using opened = await openNotes(scratch.file("store.db"));
  await opened.write("there");
  const first = opened.write("a");
  const greedy = opened.database.write(
    (session) =>
      opened.database
        .queries(session, notes)
        .builders.insertInto("notes")
        .orRollback()
        .values({ id: "there" })
        .execute(),
    brief,
  );
  const later = opened.write("b");
  await expect(greedy).rejects.toMatchObject({
    reason: "STORE_MISUSE",
    message: expect.stringContaining("or rollback"),
  });
  expect(await Promise.all([first, later])).toEqual(["a", "b"]);
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
