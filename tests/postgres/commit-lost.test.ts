import { fakeClock, type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { commitProxy } from "./commit-proxy.test-kit.ts";
import { openCounters } from "./counters.test-kit.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

/** A store behind a proxy, and how often the body of {@link count} has run. */
async function behindProxy(acquireTimeout: `${number}s` = "10s") {
  const url = await server.createDatabase();
  const proxy = await commitProxy(server.port);
  const opened = await openCounters({ url, port: proxy.port, pool: { acquireTimeout } });
  await opened.store.transaction((tx) => tx.insert("counters", { id: "a" }));
  let runs = 0;
  return {
    url,
    proxy,
    get runs() {
      return runs;
    },
    /** Adds one, and answers what it has become. */
    count: () =>
      opened.store.transaction(async (tx) => {
        runs += 1;
        const { value } = await tx.get("counters", "a");
        return (await tx.update("counters", "a", { value: value + 1 })).value;
      }),
    value: async () => (await server.query("select value from counter_counters", [], url))[0]!.value,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

test("a commit that was carried out and whose answer was lost is told as done, and done once", async () => {
  await using rig = await behindProxy();
  rig.proxy.cutNext("after-commit");
  expect(await rig.count()).toBe(1);
  expect(rig.proxy.cuts).toBe(1);
  expect(rig.runs).toBe(1);
  expect(await rig.value()).toBe("1");
});

test("asked for again, since the answer about it was lost as well, it is still told as done, and done once", async () => {
  await using rig = await behindProxy();
  // What asks is a transaction too.
  rig.proxy.cutNext("after-commit", () => rig.proxy.cutNext("after-commit"));
  expect(await rig.count()).toBe(1);
  expect([rig.proxy.cuts, rig.runs, await rig.value()]).toEqual([2, 1, "1"]);
});

test("asked for again, what never reached the server is still told as not done", async () => {
  await using rig = await behindProxy();
  rig.proxy.cutNext("before-commit", () => rig.proxy.cutNext("after-commit"));
  expect(await rig.count()).toBe(1);
  expect([rig.proxy.cuts, rig.runs, await rig.value()]).toEqual([2, 2, "1"]);
});

test("a transaction whose commit never reached the server is done again, and done once", async () => {
  await using rig = await behindProxy();
  rig.proxy.cutNext("before-commit");
  expect(await rig.count()).toBe(1);
  expect(rig.proxy.cuts).toBe(1);
  expect(rig.runs).toBe(2);
  expect(await rig.value()).toBe("1");
});

test("a transaction that is done again does not wait for a session that the server still thinks is there", async () => {
  await using rig = await behindProxy();
  const told = Promise.withResolvers<void>();
  rig.proxy.cutNext("late-commit", () => told.promise);
  expect(await rig.count()).toBe(1);
  expect(rig.runs).toBe(2);
  told.resolve();
  expect(await rig.value()).toBe("1");
});

test("a commit that reaches the server after it was asked for is refused there: what was told stays true", async () => {
  const url = await server.createDatabase();
  for (const text of [
    "create role weak login password 'weak'",
    "grant all on schema public to weak",
    // The session cannot be ended by another.
    "revoke execute on function pg_terminate_backend(integer, bigint) from public",
  ])
    await server.query(text, [], url);
  await using proxy = await commitProxy(server.port);
  await using opened = await openCounters({ url, port: proxy.port, user: "weak", password: "weak" });
  const told = Promise.withResolvers<void>();
  proxy.cutNext("late-commit", () => told.promise);
  let runs = 0;
  await opened.store.transaction((tx) => tx.insert("counters", { id: `run ${++runs}` }));
  expect(runs).toBe(2);
  const refusals = () => server.log.split("could not serialize access").length;
  const before = refusals();
  told.resolve();
  await vi.waitFor(() => expect(refusals()).toBe(before + 1), { timeout: 10_000, interval: 10 });
  expect(await opened.store.selectFrom("counters").select("id").execute()).toEqual([{ id: "run 2" }]);
});

test.each(["before-commit", "after-commit"] as const)(
  "cut %s with the server gone for good, it is told that nobody knows",
  async (where) => {
    await using rig = await behindProxy("1s");
    rig.proxy.cutNext(where, () => rig.proxy.refuse());
    await expect(rig.count()).rejects.toMatchObject({
      reason: "STORE_FAILED",
      outcome: "maybe-executed",
      retryable: true,
      message: /the connection was lost at a commit, and whether that was carried out cannot be asked now$/,
    });
    expect(await rig.value()).toBe(where === "after-commit" ? "1" : "0");
  },
);

test("cut at its commit while the server is killed, a transaction is told what the restarted server knows", async () => {
  for (const where of ["before-commit", "after-commit"] as const) {
    await using rig = await behindProxy();
    rig.proxy.cutNext(where, async () => {
      await server.kill();
      await server.start();
    });
    expect(await rig.count()).toBe(1);
    expect(rig.runs).toBe(where === "after-commit" ? 1 : 2);
    expect(await rig.value()).toBe("1");
  }
});

test("of many transactions whose commits are cut at random each is done once", async () => {
  await using rig = await behindProxy();
  let done = 0;
  for (let round = 0; round < 20; round++) {
    rig.proxy.cutNext(round % 2 === 0 ? "after-commit" : "before-commit");
    await Promise.all(Array.from({ length: 4 }, () => rig.count().then(() => done++)));
  }
  expect(rig.proxy.cuts).toBe(20);
  expect(done).toBe(80);
  expect(await rig.value()).toBe("80");
});

test("a session in which it could not be asked what became of a commit is not given to others in the middle of that", async () => {
  await using rig = await behindProxy("1s");
  const { url } = rig;
  const refuse = `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
    create trigger refuse before insert on reeve_commits for each row when (new.serial < 0) execute function refuse()`;
  await server.query(refuse, undefined, url);
  rig.proxy.cutNext("after-commit");
  await expect(rig.count()).rejects.toMatchObject({ outcome: "maybe-executed" });
  expect(await rig.count()).toBe(2);
});

test("rows of sessions that ended over a day ago go though no process is started anew", async () => {
  const url = await server.createDatabase();
  const clock = fakeClock();
  await using counters = await openCounters({ url }, clock);
  const count = (id: string) => counters.store.transaction((tx) => tx.insert("counters", { id }));
  const sessions = async () => (await server.query("select from reeve_commits", [], url)).length;
  const cut = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'reeve' and datname = current_database()`;
  await count("a");
  await server.query(cut, [], url);
  await server.query("update reeve_commits set at = at - interval '1 day'", [], url);
  await count("b");
  expect(await sessions()).toBe(2);
  await server.query(cut, [], url);
  await clock.advance(3_600_000);
  await count("c");
  expect(await sessions()).toBe(2);
});
