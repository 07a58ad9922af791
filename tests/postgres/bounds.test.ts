import { ManualClock, type PostgresServer, postgresServer } from "@reeve/testing";
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { type Counters, openCounters } from "./counters.test-kit.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

const bound = { timeout: 10_000, interval: 10 };

async function open(
  ...args: Parameters<typeof openCounters> extends [infer O, ...infer R] ? [Omit<O, "url">, ...R] : never
) {
  const url = await server.createDatabase();
  const [options, clock] = args;
  const opened = await openCounters({ url, ...options }, clock);
  onTestFinished(() => opened[Symbol.asyncDispose]());
  await opened.store.transaction((tx) => tx.insert("counters", { id: "a" }));
  return { url, ...opened };
}

/** A session of somebody else, who has locked the counters. */
async function lockedBySomebody(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("begin; lock table counter_counters in access exclusive mode");
  return client;
}

/** A transaction that holds its connection until it is let go. */
function held({ store }: Pick<Counters, "store">) {
  const goOn = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const done = store.transaction(async (tx) => {
    await tx.find("counters", "a");
    begun.resolve();
    await goOn.promise;
  });
  return { begun: begun.promise, done, letGo: goOn.resolve };
}

test("work that gets no connection is refused in time, by a message that names the pool and what holds it", async () => {
  const clock = new ManualClock();
  const opened = await open({ pool: { max: 4, acquireTimeout: "3s" } }, clock);
  // A third of four is one, for reads.
  const holders = [held(opened), held(opened), held(opened)];
  await Promise.all(holders.map(({ begun }) => begun));
  const starved = opened.store.transaction((tx) => tx.find("counters", "a"));
  const refused = expect(starved).rejects.toMatchObject({
    reason: "STORE_FAILED",
    retryable: true,
    message: expect.stringMatching(
      /^pool for transactions of store database "127\.0\.0\.1:\d+\/test_\w+": none of its 3 connections became free within 3000 ms; held: 3 by transactions of store "counter" \(up to 3000 ms\)\. Shorten what holds them, or raise pool\.max$/,
    ),
  });
  await clock.advance(3_000);
  await refused;
  // Reads have connections of their own.
  expect((await opened.store.get("counters", "a")).value).toBe(0);
  for (const { letGo } of holders) letGo();
  await Promise.all(holders.map(({ done }) => done));
  expect(await opened.store.transaction((tx) => tx.find("counters", "a"))).toMatchObject({ value: 0 });
});

test("connections are given in the order in which they were asked for, and never more of them than allowed", async () => {
  const { store, url } = await open({ pool: { max: 3 }, applicationName: "counted" });
  const order: number[] = [];
  const work = Array.from({ length: 30 }, (_, index) =>
    store.transaction(async (tx) => {
      order.push(index);
      await tx.update("counters", "a", {});
    }),
  );
  const reads = Array.from({ length: 30 }, () => store.get("counters", "a"));
  await Promise.all([...work, ...reads]);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  const [row] = await server.query(
    "select count(*)::int as count from pg_stat_activity where application_name = 'counted'",
    [],
    url,
  );
  expect(row!.count).toBeLessThanOrEqual(3);
});

test("where the server gives fewer connections than the pool may have, work waits for those, and that is no fault", async () => {
  const url = await server.createDatabase();
  await server.query("create role few login password 'few' connection limit 3", [], url);
  await server.query("grant all on schema public to few", [], url);
  await using opened = await openCounters({ url, user: "few", password: "few" });
  const faults: unknown[] = [];
  opened.database.health.onChange((fault) => fault && faults.push(fault.error));
  await opened.store.find("counters", "a");
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      opened.store.transaction((tx) => tx.insert("counters", { id: String(index) })),
    ),
  );
  expect(await opened.store.selectFrom("counters").select("id").execute()).toHaveLength(20);
  expect(faults).toEqual([]);
});

test("a statement that takes too long is cancelled by the server, in a transaction and outside", async () => {
  const { store, url } = await open({ statementTimeout: 200 });
  const somebody = await lockedBySomebody(url);
  const tooLong = { reason: "STORE_FAILED", retryable: true, message: expect.stringContaining("statementTimeout") };
  await expect(store.get("counters", "a")).rejects.toMatchObject(tooLong);
  await expect(store.transaction((tx) => tx.update("counters", "a", { value: 1 }))).rejects.toMatchObject(tooLong);
  await somebody.query("rollback");
  expect((await store.get("counters", "a")).value).toBe(0);
});

test("a transaction that stands idle is cut by the server, and told so", async () => {
  const { store } = await open({ idleInTransactionTimeout: 200 });
  const cut = Promise.withResolvers<void>();
  const idle = store.transaction(async (tx) => {
    await tx.update("counters", "a", { value: 1 });
    await cut.promise;
    await tx.update("counters", "a", { value: 2 });
  });
  const refused = expect(idle).rejects.toMatchObject({
    reason: "TRANSACTION_TIMEOUT",
    message: expect.stringContaining("stood idle for longer than 200 ms (idleInTransactionTimeout)"),
  });
  await vi.waitFor(() => expect(server.log).toContain("due to idle-in-transaction timeout"), bound);
  cut.resolve();
  await refused;
  expect((await store.get("counters", "a")).value).toBe(0);
});

test("a transaction that lasts too long in a statement is ended at the server too, and holds no locks", async () => {
  const clock = new ManualClock();
  const { store, url } = await open({}, clock);
  const somebody = await lockedBySomebody(url);
  const waiting = store.transaction((tx) => tx.update("counters", "a", { value: 1 }), { timeout: "2s" });
  const refused = expect(waiting).rejects.toMatchObject({ reason: "TRANSACTION_TIMEOUT" });
  const waiters = async () =>
    (await server.query("select pid from pg_locks where not granted", [], url)).map(({ pid }) => pid);
  await vi.waitFor(async () => expect(await waiters()).toHaveLength(1), bound);
  await clock.advance(2_000);
  await refused;
  await vi.waitFor(async () => expect(await waiters()).toEqual([]), bound);
  await somebody.query("rollback");
  expect((await store.get("counters", "a")).value).toBe(0);
});
