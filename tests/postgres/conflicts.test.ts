import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openCounters } from "./counters.test-kit.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

async function open() {
  const url = await server.createDatabase();
  const opened = await openCounters({ url });
  onTestFinished(() => opened[Symbol.asyncDispose]());
  await opened.store.transaction(async (tx) => {
    for (const id of ["a", "b"]) await tx.insert("counters", { id });
  });
  return { url, ...opened };
}

test("a transaction that another one got in the way of runs again, from its beginning and on what that one left", async () => {
  const { store, url } = await open();
  const seen: number[] = [];
  await store.transaction(async (tx) => {
    const { value } = await tx.get("counters", "a");
    seen.push(value);
    // As another process would.
    if (seen.length === 1) await server.query("update counter_counters set value = 10 where id = 'a'", [], url);
    await tx.update("counters", "a", { value: value + 1 });
  });
  expect(seen).toEqual([0, 10]);
  expect((await store.get("counters", "a")).value).toBe(11);
});

test("of two that wait for each other one runs again", async () => {
  const { store } = await open();
  const both = barrier(2);
  let runs = 0;
  const cross = (first: string, second: string) => {
    let met = false;
    return store.transaction(async (tx) => {
      runs += 1;
      await tx.updateTable("counters").set({ value: 1 }).where("id", "=", first).execute();
      if (!met) await both();
      met = true;
      await tx.updateTable("counters").set({ value: 2 }).where("id", "=", second).execute();
    });
  };
  await Promise.all([cross("a", "b"), cross("b", "a")]);
  expect(runs).toBeGreaterThan(2);
  expect(server.log).toContain("deadlock detected");
});

test("one that is in conflict as it is to be committed leaves its session as it found it", async () => {
  const { url, store } = await open();
  const narrow = await openCounters({ url, pool: { max: 2 } });
  onTestFinished(() => narrow[Symbol.asyncDispose]());
  // Each may end the last but one duty, and not the last.
  const both = (tx: Parameters<Parameters<typeof store.transaction>[0]>[0]) =>
    tx.selectFrom("counters").select("value").execute();
  let runs = 0;
  await narrow.store.transaction(async (tx) => {
    runs += 1;
    await both(tx);
    await tx.update("counters", "a", { value: runs });
    if (runs > 1) return;
    await store.transaction(async (other) => {
      await both(other);
      await other.update("counters", "b", { value: 1 });
    });
  });
  expect(runs).toBe(2);
  // Every session of the pool is used.
  for (let value = 3; value < 7; value++) await narrow.store.transaction((tx) => tx.update("counters", "a", { value }));
  expect(server.log).not.toContain("current transaction is aborted");
});

test("one that is always in the way of is given up, retryable, after a bounded number of tries", async () => {
  const { store, url } = await open();
  let runs = 0;
  const hopeless = store.transaction(async (tx) => {
    runs += 1;
    const { value } = await tx.get("counters", "a");
    await server.query("update counter_counters set value = value + 1 where id = 'a'", [], url);
    await tx.update("counters", "a", { value });
  });
  await expect(hopeless).rejects.toMatchObject({
    reason: "STORE_FAILED",
    retryable: true,
    message: /a transaction was 40 times in conflict with others, and rolled back; try again$/,
  });
  expect(runs).toBe(41);
});

test("two hundred transactions over one row, from two processes' worth of pools, are all done", async () => {
  const { store, url } = await open();
  const other = await openCounters({ url });
  onTestFinished(() => other[Symbol.asyncDispose]());
  const increment = (each: typeof store) =>
    each.transaction(async (tx) => {
      const { value } = await tx.get("counters", "a");
      await tx.update("counters", "a", { value: value + 1 });
    });
  await Promise.all(Array.from({ length: 200 }, (_, index) => increment(index % 2 === 0 ? store : other.store)));
  expect((await store.get("counters", "a")).value).toBe(200);
});

test("a transaction costs no savepoint until one of its statements fails and it goes on", async () => {
  const { store } = await open();
  const runs = { plain: 0, failing: 0, caught: 0 };
  await store.transaction(async (tx) => {
    runs.plain += 1;
    await tx.update("counters", "a", { value: 1 });
  });
  const failing = store.transaction(async (tx) => {
    runs.failing += 1;
    await tx.insert("counters", { id: "a" });
  });
  await expect(failing).rejects.toMatchObject({ reason: "ROW_EXISTS" });
  const refusals: unknown[] = [];
  await store.transaction(async (tx) => {
    runs.caught += 1;
    await tx.insert("counters", { id: "c" });
    // Side by side, one of them after the one that fails.
    const both = [tx.insert("counters", { id: "a" }), tx.insert("counters", { id: "d" })];
    for (const { status } of await Promise.allSettled(both)) refusals.push(status);
    await tx.insert("counters", { id: "e" });
  });
  expect(runs).toEqual({ plain: 1, failing: 1, caught: 2 });
  expect(refusals.slice(-2)).toEqual(["rejected", "fulfilled"]);
  const ids = await store.selectFrom("counters").select("id").orderBy("id").execute();
  expect(ids.map(({ id }) => id)).toEqual(["a", "b", "c", "d", "e"]);
});

test("a statement that its function does not wait for is part of its transaction, and one that then fails takes nothing else back", async () => {
  const { store } = await open();
  let runs = 0;
  await store.transaction(async (tx) => {
    runs += 1;
    await tx.insert("counters", { id: "c" });
    tx.insert("counters", { id: "a" }).catch(() => {});
  });
  expect(runs).toBe(2);
  const ids = await store.selectFrom("counters").select("id").orderBy("id").execute();
  expect(ids.map(({ id }) => id)).toEqual(["a", "b", "c"]);
});

test("one whose statements fail side by side leaves its session to the next, and nothing of it comes there", async () => {
  const { url } = await open();
  const { store, database } = await openCounters({ url, pool: { max: 2 }, applicationName: "side by side" });
  onTestFinished(() => database.close());
  const sessions = async () =>
    server.query("select pid from pg_stat_activity where application_name = 'side by side' order by pid", [], url);
  await store.get("counters", "a");
  const before = await sessions();
  const faults: unknown[] = [];
  database.health.onChange((fault) => faults.push(fault));
  for (let time = 0; time < 5; time++) {
    await expect(
      store.transaction((tx) => Promise.all(["a", "x"].map((id) => tx.insert("counters", { id })))),
    ).rejects.toMatchObject({ reason: "ROW_EXISTS" });
  }
  const ids = await store.selectFrom("counters").select("id").orderBy("id").execute();
  expect(ids.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(await sessions()).toEqual(before);
  expect(faults).toEqual([]);
  for (let time = 0; time < 5; time++) {
    const refused = store.transaction(async (tx) => {
      // Runs again with savepoints.
      await tx.insert("counters", { id: "a" }).catch(() => {});
      await Promise.all(["a", "x", "y", "z"].map((id) => tx.insert("counters", { id })));
    });
    const next = store.transaction((tx) => tx.update("counters", "a", { value: time }));
    await expect(refused).rejects.toMatchObject({ reason: "ROW_EXISTS" });
    await next;
  }
  expect(await store.selectFrom("counters").select("id").execute()).toHaveLength(2);
});

test("a table that another process changes meanwhile is read and written as it is now", async () => {
  const { store, url } = await open();
  // Often enough that the server keeps a plan.
  for (let time = 0; time < 12; time++) {
    await store.get("counters", "a");
    await store.transaction((tx) => tx.update("counters", "a", { value: time }));
  }
  await server.query("alter table counter_counters add column note text not null default 'new'", [], url);
  expect({ ...(await store.get("counters", "a")) }).toEqual({ id: "a", value: 11, note: "new" });
  const updated = await store.transaction((tx) => tx.update("counters", "a", { value: 12 }));
  expect({ ...updated }).toEqual({ id: "a", value: 12, note: "new" });
});

/** Resolves for all when so many have come. */
function barrier(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let come = 0;
  return () => {
    come += 1;
    if (come === count) resolve();
    return promise;
  };
}
