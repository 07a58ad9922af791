import type { Duration } from "@reeve/contract";
import type { PostgresOptions } from "@reeve/postgres";
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

const secret = "s3cret-two";

/** The counters of a user of their own, and how to change that one's password. */
async function openAsClerk(name: string, password: PostgresOptions["password"]) {
  const url = await server.createDatabase();
  const change = (to: string) => server.query(`alter role ${name} password '${to}'`);
  await server.query(`create role ${name} login password 'one'`);
  await server.query(`grant all on schema public to ${name}`, [], url);
  return { ...(await openCounters({ url, user: name, password })), change };
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

test("a password that is refused is a fault only once no session is left, and heals", async () => {
  const { store, database, change, ...rest } = await openAsClerk("refused", "one");
  await using counters = { store, database, ...rest };
  const faults: unknown[] = [];
  database.health.onChange((fault) => faults.push(fault));
  const end = await hold(counters);
  await change(secret);
  const before = wrongPasswords();
  const work = store.transaction((tx) => tx.insert("counters", { id: "a" }));
  await vi.waitFor(() => expect(wrongPasswords()).toBeGreaterThan(before + 1), bound);
  await expect(store.find("counters", "a")).rejects.toThrow('refuses the password of user "refused"');
  await end();
  await work;
  expect(faults).toEqual([]);
  await server.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'refused'");
  await vi.waitFor(() => expect(database.health.fault?.error.message).toContain("refuses the password"), bound);
  await change("one");
  await vi.waitFor(() => expect(database.health.fault).toBeUndefined(), bound);
  expect(await store.find("counters", "a")).toMatchObject({ id: "a" });
});

test("a function is asked for the password at the opening of each session, and may fail meanwhile", async () => {
  let password = (): string | Promise<string> => "one";
  const { store, database, change, ...rest } = await openAsClerk("asked", () => password());
  await using counters = { store, database, ...rest };
  const end = await hold(counters);
  await change(secret);
  const failed = Promise.withResolvers<void>();
  password = () => {
    failed.resolve();
    throw new Error("the vault is sealed");
  };
  const work = store.transaction((tx) => tx.insert("counters", { id: "a" }));
  await failed.promise;
  await expect(store.find("counters", "a")).rejects.toMatchObject({
    retryable: true,
    message: expect.stringContaining(
      "password: expected its function to return a text; it failed: the vault is sealed",
    ),
  });
  expect(database.health.fault).toBeUndefined();
  password = async () => secret;
  await work;
  await end();
});

const wrongPasswords = () => server.log.split("password authentication failed").length - 1;
