import { reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { column, Database, defineStore, OpenStore, table } from "../index.ts";
import { scratchDirectory } from "../scratch.test-kit.ts";
import { sqlite } from "./index.ts";

const notes = defineStore("note", { tables: { notes: table({ id: column.integer().primaryKey() }) } });

/** Each look at it takes a millisecond, and its timers never fire: as on a loop that does not turn. */
class StoppedLoopClock extends ManualClock {
  #looks = 0;
  override now(): number {
    return this.#looks++;
  }
}

async function openNotes(path: string) {
  const clock = new StoppedLoopClock();
  const database = await Database.open(sqlite({ path }), { clock });
  await database.migrate(notes);
  let turned = 0;
  let counting = true;
  const count = () => {
    turned++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const call: { abortReason: ReturnType<typeof reeveError> | undefined } = { abortReason: undefined };
  const { store } = new OpenStore({ database, definition: notes, caller: () => call });
  return {
    ...{ database, store, call, turned: () => turned },
    async [Symbol.asyncDispose]() {
      counting = false;
      await database.close();
    },
  };
}

test.each([":memory:", "store.db"])("in %s, the loop turns while 16 callers write without a pause", async (name) => {
  using scratch = scratchDirectory();
  await using opened = await openNotes(name === ":memory:" ? name : scratch.file(name));
  const before = opened.turned();
  let next = 0;
  const caller = async () => {
    for (let count = 0; count < 20; count++) await opened.store.transaction((tx) => tx.insert("notes", { id: next++ }));
  };
  await Promise.all(Array.from({ length: 16 }, caller));
  expect(opened.turned() - before).toBeGreaterThan(320 / 16);
});

test("the loop turns while many are told at once that their commits last", async () => {
  using scratch = scratchDirectory();
  await using opened = await openNotes(scratch.file("store.db"));
  const toldIn: number[] = [];
  const ids = Array.from({ length: 64 }, (_, id) => id);
  await Promise.all(
    ids.map(async (id) => {
      await opened.store.transaction((tx) => tx.insert("notes", { id }));
      toldIn.push(opened.turned());
    }),
  );
  const perTurn = Map.groupBy(toldIn, (turn) => turn);
  // Five for each sync that ends in the turn, and two or three may; all but the first were told in one turn otherwise.
  expect(Math.max(...[...perTurn.values()].map(({ length }) => length))).toBeLessThan(32);
});

test.each([":memory:", "store.db"])("in %s, the loop turns within one long transaction", async (name) => {
  using scratch = scratchDirectory();
  await using opened = await openNotes(name === ":memory:" ? name : scratch.file(name));
  const before = opened.turned();
  await opened.store.transaction(async (tx) => {
    for (let id = 0; id < 500; id++) await tx.insert("notes", { id });
  });
  expect(opened.turned() - before).toBeGreaterThan(500 / 16);
});

test("the loop turns while nothing but reads is done", async () => {
  using scratch = scratchDirectory();
  await using opened = await openNotes(scratch.file("store.db"));
  const before = opened.turned();
  for (let id = 0; id < 200; id++) await opened.store.find("notes", id);
  expect(opened.turned() - before).toBeGreaterThan(200 / 16);
});

test("an endless transaction ends at its bound, though no timer ever fires", async () => {
  await using opened = await openNotes(":memory:");
  const endless = opened.store.transaction(
    async (tx) => {
      for (let id = 0; ; id++) await tx.insert("notes", { id });
    },
    { timeout: 500 },
  );
  await expect(endless).rejects.toMatchObject({ reason: "TRANSACTION_TIMEOUT" });
  expect(await opened.store.selectFrom("notes").selectAll().execute()).toEqual([]);
});

test("the end of its call stops a transaction at its next statement, even when it swallows the error", async () => {
  await using opened = await openNotes(":memory:");
  const { call, store } = opened;
  const ended = reeveError("DEADLINE_EXCEEDED", "too late");
  const stopped = store.transaction(async (tx) => {
    await tx.insert("notes", { id: 1 });
    call.abortReason = ended;
    await tx.insert("notes", { id: 2 }).catch(() => {});
  });
  await expect(stopped).rejects.toBe(ended);
  // What is begun after that may be what puts things in order.
  await store.transaction((tx) => tx.insert("notes", { id: 3 }));
  expect(await store.selectFrom("notes").select("id").execute()).toEqual([{ id: 3 }]);
});

test("a transaction whose call ends while it waits for its turn does not run", async () => {
  await using opened = await openNotes(":memory:");
  const { call, store } = opened;
  const ended = reeveError("DEADLINE_EXCEEDED", "too late");
  let ran = false;
  const first = store.transaction(async () => {
    call.abortReason = ended;
  });
  const second = store.transaction(async () => {
    ran = true;
  });
  await first;
  await expect(second).rejects.toBe(ended);
  expect(ran).toBe(false);
});
