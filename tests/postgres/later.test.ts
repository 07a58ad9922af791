import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { commitProxy } from "./commit-proxy.test-kit.ts";
import { counters, openCounters } from "./counters.test-kit.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

/** Statements that nobody waits for, through a proxy. */
async function open() {
  const url = await server.createDatabase();
  const proxy = await commitProxy(server.port);
  const opened = await openCounters({ url, port: proxy.port });
  onTestFinished(async () => {
    await opened[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });
  const { database, store } = opened;
  type Body<R> = Parameters<typeof database.write<R>>[0];
  type Session = Parameters<Body<void>>[0];
  type Check = Parameters<Session["executeLater"]>[2];
  const { builders } = database.reading(counters);
  const insertOf = (id: string) => builders.insertInto("counters").values({ id }).compile();
  return {
    ...{ url, proxy, store },
    write: <R>(body: Body<R>) => database.write(body, { timeoutMs: 10_000 }),
    later: (session: Session, id: string, check?: Check) => session.executeLater(counters.layout, insertOf(id), check),
    now: (session: Session, id: string) => session.execute(counters.layout, insertOf(id)),
    ids: async () => (await store.selectFrom("counters").select("id").orderBy("id").execute()).map(({ id }) => id),
  };
}

test("a check that throws stands, also where the body goes on as if nothing had happened", async () => {
  const { write, later, now, ids } = await open();
  const refusal = new Error("not the one it was");
  let runs = 0;
  const swallowed = write(async (session) => {
    runs += 1;
    await later(session, "a", () => {
      throw refusal;
    });
    await expect(now(session, "b")).rejects.toBe(refusal);
    await expect(later(session, "c")).rejects.toBe(refusal);
  });
  await expect(swallowed).rejects.toBe(refusal);
  expect(runs).toBe(1);
  expect(await ids()).toEqual([]);
});

test("a check that throws is told, and not the failure of the statement that went with it", async () => {
  const { write, later, now, ids } = await open();
  await write((session) => now(session, "taken"));
  const refusal = new Error("not the one it was");
  let runs = 0;
  const refused = write(async (session) => {
    runs += 1;
    await later(session, "a", () => {
      throw refusal;
    });
    await now(session, "taken");
  });
  await expect(refused).rejects.toBe(refusal);
  expect(runs).toBe(1);
  expect(await ids()).toEqual(["taken"]);
});

test("a statement that fails is told at its place, and what went with it is not done again for that", async () => {
  const { write, later, now } = await open();
  await write((session) => now(session, "taken"));
  let runs = 0;
  const failed = write(async (session) => {
    runs += 1;
    await later(session, "a");
    await now(session, "taken");
  });
  await expect(failed).rejects.toMatchObject({ reason: "ROW_EXISTS" });
  expect(runs).toBe(1);
});

test.each(["before-commit", "after-commit"] as const)(
  "what goes with a commit that is cut %s is done once",
  async (where) => {
    const { proxy, write, later, now, ids } = await open();
    await write((session) => now(session, "first"));
    proxy.cutNext(where);
    let runs = 0;
    await write(async (session) => {
      runs += 1;
      await now(session, "a");
      await later(session, "b");
    });
    expect(proxy.cuts).toBe(1);
    expect(runs).toBe(where === "before-commit" ? 2 : 1);
    expect(await ids()).toEqual(["a", "b", "first"]);
  },
);

test("a commit that comes late is refused, also one of a transaction that waited for nothing", async () => {
  const url = await server.createDatabase();
  const weak = ["create role waiting login password 'weak'", "grant all on schema public to waiting"];
  // The session cannot be ended by another.
  const alone = "revoke execute on function pg_terminate_backend(integer, bigint) from public";
  for (const text of [...weak, alone]) await server.query(text, [], url);
  await using proxy = await commitProxy(server.port);
  await using opened = await openCounters({ url, port: proxy.port, user: "waiting", password: "weak" });
  const { builders } = opened.database.reading(counters);
  const told = Promise.withResolvers<void>();
  proxy.cutNext("late-commit", () => told.promise);
  let runs = 0;
  const insertRun = async (session: Parameters<Parameters<typeof opened.database.write>[0]>[0]) => {
    const insert = builders.insertInto("counters").values({ id: `run ${++runs}` });
    await session.executeLater(counters.layout, insert.compile());
  };
  await opened.database.write(insertRun, { timeoutMs: 10_000 });
  expect(proxy.cuts).toBe(1);
  const refusals = () => server.log.split("could not serialize access").length;
  const before = refusals();
  told.resolve();
  await vi.waitFor(() => expect(refusals()).toBe(before + 1), { timeout: 10_000, interval: 10 });
  expect(await opened.store.selectFrom("counters").select("id").execute()).toEqual([{ id: "run 2" }]);
});
