import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { commitProxy } from "./commit-proxy.test-kit.ts";
import { openCounters } from "./counters.test-kit.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

const options = { alone: "counters", overlapSync: true, timeout: "60s" } as const;

/** Until the answer is called, what is committed with a sync does not last: it waits for a standby that does not exist. */
async function withoutSyncs(url: string): Promise<() => Promise<void>> {
  const told = () => server.query("select pg_reload_conf()");
  const reset = async () => {
    await server.query("alter system reset synchronous_standby_names");
    await told();
  };
  await server.query("create table probe (i integer)", [], url);
  await server.query("alter system set synchronous_standby_names = 'nobody'");
  await told();
  const probes: Promise<unknown>[] = [];
  await vi.waitFor(
    async () => {
      probes.push(server.query("insert into probe values (1)", [], url));
      await vi.waitFor(async () => expect(await waitingForSync()).toBe(1), { timeout: 1_000, interval: 20 });
    },
    { timeout: 20_000, interval: 20 },
  );
  return async () => {
    await reset();
    await Promise.all(probes);
  };
}

async function waitingForSync(): Promise<number> {
  const rows = await server.query("select from pg_stat_activity where wait_event = 'SyncRep'");
  return rows.length;
}

test("others go on with what was committed while it does not last yet, and each resolves when all that it saw does", async () => {
  const url = await server.createDatabase();
  await using one = await openCounters({ url });
  await using other = await openCounters({ url });
  const sync = await withoutSyncs(url);
  onTestFinished(sync);
  const resolved: string[] = [];
  const first = one.store.transaction((tx) => tx.insert("counters", { id: "a" }), options);
  void first.then(() => resolved.push("first"));
  const { promise: seen, resolve } = Promise.withResolvers<unknown>();
  const second = vi
    .waitFor(async () => expect(await waitingForSync()).toBe(2), { timeout: 20_000 })
    .then(() =>
      other.store.transaction(async (tx) => {
        resolve(await tx.find("counters", "a"));
        return "nothing of its own";
      }, options),
    );
  void second.then(() => resolved.push("second"));
  expect(await seen).toEqual({ id: "a", value: 0 });
  await vi.waitFor(async () => expect(await waitingForSync()).toBe(3), { timeout: 20_000 });
  expect(resolved).toEqual([]);
  await sync();
  await Promise.all([first, second]);
});

/** A counter behind a proxy. */
async function behindProxy() {
  const url = await server.createDatabase();
  const proxy = await commitProxy(server.port);
  const opened = await openCounters({ url, port: proxy.port });
  onTestFinished(async () => {
    await opened[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });
  await opened.store.transaction((tx) => tx.insert("counters", { id: "a" }));
  const runs = { count: 0 };
  const count = () =>
    opened.store.transaction(async (tx) => {
      runs.count += 1;
      const { value } = await tx.get("counters", "a");
      await tx.later(
        tx
          .updateTable("counters")
          .set({ value: value + 1 })
          .where("id", "=", "a"),
      );
      return value + 1;
    }, options);
  return { url, proxy, runs, count };
}

test.each([
  ["before-commit", 2],
  ["after-commit", 1],
  ["late-commit", 2],
] as const)("one that is cut %s is done once", async (where, runs) => {
  const rig = await behindProxy();
  const told = Promise.withResolvers<void>();
  rig.proxy.cutNext(where, () => (where === "late-commit" ? told.promise : undefined));
  expect(await rig.count()).toBe(1);
  told.resolve();
  expect([rig.proxy.cuts, rig.runs.count, await rig.count()]).toEqual([1, runs, 2]);
});

test("one that was committed, and whose sync failed, is asked for in another session, and done once", async () => {
  const { url, count, runs } = await behindProxy();
  const refuse = `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
    create trigger refuse before update on reeve_commits for each row when (new.serial = old.serial) execute function refuse()`;
  await server.query(refuse, undefined, url);
  expect([await count(), await count(), runs.count]).toEqual([1, 2, 2]);
  expect(await server.query("select value from counter_counters", [], url)).toEqual([{ value: "2" }]);
});

test("two round trips: what it reads first goes with its beginning, what nobody waits for with its end", async () => {
  const { proxy, count } = await behindProxy();
  await count();
  const before = proxy.roundTrips;
  await count();
  expect(proxy.roundTrips - before).toBe(2);
});
