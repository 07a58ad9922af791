import type { StoreFault } from "@reeve/runtime/store";
import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { openCounters } from "./counters.test-kit.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
beforeEach(() => server.start());
afterAll(() => server.close());

const bound = { timeout: 15_000, interval: 10 };

async function open(options: Omit<Parameters<typeof openCounters>[0], "url"> = {}) {
  const url = await server.createDatabase();
  const opened = await openCounters({ url, ...options });
  onTestFinished(() => opened[Symbol.asyncDispose]());
  await opened.store.transaction((tx) => tx.insert("counters", { id: "a" }));
  const faults: (StoreFault["kind"] | undefined)[] = [];
  opened.database.health.onChange((fault) => faults.push(fault?.kind));
  return { url, faults, ...opened };
}

test("a server that is gone is a fault, work is refused at once, and all heals when it is back, without anybody asking", async () => {
  const { store, database, faults } = await open();
  await server.kill();
  const gone = {
    reason: "STORE_FAILED",
    retryable: true,
    message: expect.stringMatching(/^store database "127.*": no PostgreSQL listens at 127\.0\.0\.1:\d+; start it/),
  };
  // A look that was under way when the server died is told that the connection broke; the next one that nobody listens.
  await vi.waitFor(() => expect(database.health.fault).toMatchObject({ kind: "failed", error: gone }), bound);
  await expect(store.get("counters", "a")).rejects.toMatchObject(gone);
  await expect(store.transaction((tx) => tx.update("counters", "a", { value: 1 }))).rejects.toMatchObject(gone);
  await server.start();
  await vi.waitFor(() => expect(database.health.fault).toBeUndefined(), bound);
  await store.transaction((tx) => tx.update("counters", "a", { value: 1 }));
  expect((await store.get("counters", "a")).value).toBe(1);
  expect(faults.at(0)).toBe("failed");
  expect(faults.at(-1)).toBeUndefined();
});

test("a server that is killed in the middle of a transaction keeps nothing of it, and says so for certain", async () => {
  const { store, database, url } = await open();
  const half = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const writing = store.transaction(async (tx) => {
    await tx.update("counters", "a", { value: 1 });
    await tx.insert("counters", { id: "b" });
    half.resolve();
    await goOn.promise;
    await tx.insert("counters", { id: "c" });
  });
  const failed = writing.then(
    () => undefined,
    (error: unknown) => error,
  );
  await half.promise;
  await server.kill();
  await vi.waitFor(() => expect(database.health.fault).toBeDefined(), bound);
  goOn.resolve();
  expect(await failed).toMatchObject({ reason: "STORE_FAILED", retryable: true });
  expect(await failed).not.toMatchObject({ outcome: "maybe-executed" });
  await server.start();
  expect(await server.query("select id, value::int from counter_counters", [], url)).toEqual([{ id: "a", value: 0 }]);
});

test("a server that stands still is a fault too: nothing waits longer than its bound, and goes on when the server does", async () => {
  const { store, database } = await open({ statementTimeout: 500, pool: { acquireTimeout: "1s" } });
  await server.pause();
  try {
    const read = store.get("counters", "a");
    const write = store.transaction((tx) => tx.update("counters", "a", { value: 1 }), { timeout: 500 });
    await Promise.all([
      expect(read).rejects.toMatchObject({ reason: "STORE_FAILED", retryable: true }),
      expect(write).rejects.toMatchObject({ reason: "TRANSACTION_TIMEOUT" }),
    ]);
    await vi.waitFor(() => expect(database.health.fault).toBeDefined(), bound);
    await expect(store.get("counters", "a")).rejects.toMatchObject({
      message: expect.stringContaining("did not answer in time"),
    });
  } finally {
    server.resume();
  }
  await vi.waitFor(() => expect(database.health.fault).toBeUndefined(), bound);
  expect((await store.get("counters", "a")).value).toBe(0);
});

test("sessions that the server ends while nobody uses them cost no work", async () => {
  const { store, database, url } = await open();
  await Promise.all(Array.from({ length: 5 }, () => store.get("counters", "a")));
  for (let round = 1; round <= 5; round++) {
    await server.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'reeve'",
      [],
      url,
    );
    await store.transaction(async (tx) => {
      const { value } = await tx.get("counters", "a");
      await tx.update("counters", "a", { value: value + 1 });
    });
    expect((await store.get("counters", "a")).value).toBe(round);
  }
  await vi.waitFor(() => expect(database.health.fault).toBeUndefined(), bound);
});

test("a close ends while the server stands still", async () => {
  const url = await server.createDatabase();
  const opened = await openCounters({ url });
  await server.pause();
  try {
    await opened[Symbol.asyncDispose]();
  } finally {
    server.resume();
  }
});
