import type { Duration } from "@reeve/contract";
import { type PostgresServer, postgresServer } from "@reeve/testing";
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { type Counters, openCounters } from "./counters.test-kit.ts";

const bound = { timeout: 15_000, interval: 10 };
const mostConnections = 12;

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer({ settings: { max_connections: mostConnections } });
});
afterAll(() => server.close());

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => client.end().catch(() => {}));
  return client;
}

/** Takes what the server has left. */
async function takeAll(url: string): Promise<readonly pg.Client[]> {
  const taken: pg.Client[] = [];
  for (;;) {
    try {
      taken.push(await connected(url));
    } catch (error) {
      expect(error).toMatchObject({ code: "53300" });
      return taken;
    }
  }
}

/** A transaction that holds its session until it is told to end. */
async function hold({ store }: Counters): Promise<() => Promise<void>> {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const done = store.transaction(async (tx) => {
    await tx.find("counters", "held");
    begun.resolve();
    await end.promise;
  });
  await Promise.race([begun.promise, done]);
  return () => {
    end.resolve();
    return done;
  };
}

const opened = (url: string, acquireTimeout: Duration) => openCounters({ url, pool: { acquireTimeout } });
const refusals = () => server.log.split("too many clients already").length - 1;

test("work that waits while the server has no connection left goes on once others leave, by itself", async () => {
  const url = await server.createDatabase();
  await using counters = await opened(url, "8s");
  const { store, database } = counters;
  const end = await hold(counters);
  const others = await takeAll(url);
  const before = refusals();
  // One waits for another than the one held; the pool for reads has none at all.
  const work = [store.transaction((tx) => tx.insert("counters", { id: "a" })), store.find("counters", "b")];
  await vi.waitFor(() => expect(refusals()).toBeGreaterThanOrEqual(before + 2), bound);
  expect(database.health.fault).toBeUndefined();
  await Promise.all(others.map((client) => client.end()));
  await Promise.all(work);
  await end();
});

test("work for which none becomes free is told why no more can be opened", async () => {
  const url = await server.createDatabase();
  await using counters = await opened(url, "500ms");
  const end = await hold(counters);
  const others = await takeAll(url);
  await expect(counters.store.transaction((tx) => tx.insert("counters", { id: "a" }))).rejects.toMatchObject({
    reason: "STORE_FAILED",
    retryable: true,
    message: expect.stringMatching(
      /held: 1 by .*\. No more can be opened: .* has no connection left .*; lower pool\.max/,
    ),
  });
  await Promise.all(others.map((client) => client.end()));
  await end();
});

test.each(["pool", "health watch"])("a close leaves no session that the %s is just opening", async (opener) => {
  const url = await server.createDatabase();
  const other = await connected(url);
  const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
  const counters = await opened(url, "8s");
  const { store, database } = counters;
  const before = sockets();
  // Who logs in now waits for this lock.
  await other.query("begin; lock table pg_authid in access exclusive mode");
  if (opener === "pool") {
    const end = await hold(counters);
    const work = store.transaction((tx) => tx.insert("counters", { id: "a" }));
    await loginWaits(other);
    await end();
    await work;
  } else {
    await other.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'reeve'");
    await loginWaits(other);
  }
  const left = database.close().then(sockets);
  await other.query("rollback");
  // Of `other`.
  expect(await left).toBe(before - 1);
});

async function loginWaits(other: pg.Client): Promise<void> {
  const waiting = "select from pg_locks where relation = 'pg_authid'::regclass and not granted";
  await vi.waitFor(async () => expect((await other.query(waiting)).rowCount).toBeGreaterThan(0), bound);
}
