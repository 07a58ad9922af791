import { inspect } from "node:util";
import { type PostgresOptions, postgres } from "@reeve/postgres";
import { Database } from "@reeve/runtime/internal";
import { systemClock } from "@reeve/runtime/store";
import { type PostgresServer, postgresServer, tcpProxy } from "@reeve/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCounters } from "./counters.test-kit.ts";
import { silentProxy } from "./silent-proxy.test-kit.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer({ settings: { max_connections: 12 } });
});
afterAll(() => server.close());

const secret = "s3cret-pässword";

/** Why a database could not be opened: in one line, and without the password anywhere in it. */
async function refusal(options: PostgresOptions): Promise<{ message: string; retryable: boolean; reason: string }> {
  const error: unknown = await Database.open(postgres(options), { clock: systemClock }).then(
    () => undefined,
    (failure) => failure,
  );
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(secret);
  expect(error).toMatchObject({ reason: "STORE_FAILED" });
  const { message, retryable, reason } = error as { message: string; retryable: boolean; reason: string };
  expect(message).not.toContain("\n");
  return { message, retryable, reason };
}

const own = () => ({ host: server.host, port: server.port, user: "postgres", password: server.password });

test("a password that is refused, and one that is missing", async () => {
  expect(await refusal({ ...own(), database: "postgres", password: secret })).toMatchObject({
    message: `store database "127.0.0.1:${server.port}/postgres": 127.0.0.1:${server.port} refuses the password of user "postgres"; check user and password`,
    retryable: false,
  });
  const { message } = await refusal({ host: server.host, port: server.port, user: "postgres", database: "postgres" });
  expect(message).toMatch(/asks for a password of user "postgres", and none was given; set password$/);
});

test("a database that is not there", async () => {
  expect((await refusal({ ...own(), database: "nowhere" })).message).toMatch(
    /has no database "nowhere"; create it \(create database nowhere\), or correct the name$/,
  );
});

test("a server that is not there, a name that means none, and one that does not answer", async () => {
  await using proxy = await tcpProxy(server.port);
  const { port } = proxy;
  proxy.blackhole();
  const silent = await refusal({ ...own(), port, database: "postgres", pool: { acquireTimeout: 300 } });
  expect(silent).toMatchObject({ retryable: true, message: expect.stringContaining("did not answer in time") });
  await proxy.cut();
  const absent = await refusal({ ...own(), port, password: secret });
  expect(absent).toMatchObject({
    retryable: true,
    message: expect.stringMatching(/: no PostgreSQL listens at 127\.0\.0\.1:\d+; start it, or correct host and port$/),
  });
  expect((await refusal({ ...own(), host: "nowhere.invalid" })).message).toMatch(
    /: the name nowhere\.invalid cannot be resolved \(\w+\); correct the host, or look at the name service$/,
  );
});

test("a server that falls silent after the handshake", async () => {
  await using proxy = await silentProxy(server.port);
  expect(
    await refusal({ ...own(), port: proxy.port, database: "postgres", pool: { acquireTimeout: 300 } }),
  ).toMatchObject({ retryable: true, message: expect.stringContaining("did not answer in time") });
});

test("a user who may make neither tables nor schemas, and one who may after being granted it", async () => {
  const url = await server.createDatabase();
  const database = new URL(url).pathname.slice(1);
  await server.query(`create role clerk login password '${secret}'`, [], url);
  const clerk = { ...own(), user: "clerk", password: secret, database };
  expect((await refusal(clerk)).message).toMatch(
    /: user "clerk" may not make tables in schema "public"; grant usage, create on schema public to "clerk"$/,
  );
  expect((await refusal({ ...clerk, schema: "reeve" })).message).toMatch(
    /: it has no schema "reeve", and user "clerk" may not make one; create schema reeve authorization "clerk"$/,
  );
  await server.query("create schema reeve authorization clerk", [], url);
  await using opened = await openCounters({ ...clerk, schema: "reeve" });
  await opened.store.transaction((tx) => tx.insert("counters", { id: "a" }));
  expect(await server.query("select id from reeve.counter_counters", [], url)).toEqual([{ id: "a" }]);
});

test("a schema that is missing is made, and stores in two of them know nothing of each other", async () => {
  const url = await server.createDatabase();
  await using one = await openCounters({ url, schema: "one" });
  await using two = await openCounters({ url, schema: "two" });
  await one.store.transaction((tx) => tx.insert("counters", { id: "a" }));
  expect(await two.store.find("counters", "a")).toBeUndefined();
  expect(one.database.place).not.toBe(two.database.place);
  expect(one.database.name).toMatch(/, schema one$/);
});

test("a server with no connection left", async () => {
  const url = await server.createDatabase();
  const clerk = "create role many login password 'many' connection limit 1";
  await server.query(clerk, [], url);
  await server.query("grant all on schema public to many", [], url);
  const many = { ...own(), user: "many", password: "many", database: new URL(url).pathname.slice(1) };
  const first = await Database.open(postgres(many), { clock: systemClock });
  try {
    expect(await refusal(many)).toMatchObject({
      retryable: true,
      message: expect.stringMatching(
        /has no connection left .*; lower pool\.max or raise the server's max_connections$/,
      ),
    });
  } finally {
    await first.close();
  }
});

test("TLS that the server does not have", async () => {
  expect((await refusal({ ...own(), sslmode: "require" })).message).toMatch(
    /has no TLS, which sslmode asks for; turn on ssl at the server, or set sslmode disable$/,
  );
});
