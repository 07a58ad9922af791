import { inspect } from "node:util";
import { expect, test } from "vitest";
import { readOptions } from "./options.ts";
import { postgres } from "./postgres.ts";
import type { PostgresOptions } from "./postgres-options.ts";

const secret = "s3cret";

const refused = (options: unknown) => {
  try {
    postgres(options as PostgresOptions);
  } catch (error) {
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(secret);
    return (error as Error).message;
  }
  return undefined;
};

test("a URL says what the options say, decoded, and the options win", () => {
  const { server, name } = readOptions({
    url: `postgres://me%40home:p%2Fw@[::1]:6000/my%20db?application_name=app`,
    port: 6001,
  });
  expect(server).toMatchObject({ host: "::1", port: 6001, user: "me@home", password: "p/w", database: "my db" });
  expect(server).toMatchObject({ applicationName: "app", ssl: undefined });
  expect(name).toBe("[::1]:6001/my db");
});

test("of ten connections a third are for reads", () => {
  expect(readOptions({ user: "u" })).toMatchObject({ readers: 3, writers: 7, schema: "public" });
  expect(readOptions({ user: "u", pool: { max: 2 } })).toMatchObject({ readers: 1, writers: 1 });
});

test("a process that is stopped in a transaction keeps what it has locked for no longer than one lasts by default", () => {
  expect(readOptions({ user: "u" }).idleInTransactionTimeoutMs).toBe(10_000);
});

test.each([
  [`postgres://u:${secret}@h/db`, "postgres: expected an options object such as { url }, got string"],
  [
    { url: `mysql://u:${secret}@h/db` },
    'url: expected postgresql://user:password@host:port/database, got "mysql://[hidden]@h/db": it begins with mysql://',
  ],
  [
    { url: `postgres://u:${secret}@h:port/db` },
    'url: expected postgresql://user:password@host:port/database, got "postgres://[hidden]@h:port/db": it cannot be read as a URL',
  ],
  [
    { url: `u:${secret}@h` },
    'url: expected postgresql://user:password@host:port/database, got "[hidden]@h": it begins with u://',
  ],
  [
    { url: `postgres://u:${secret}@h/a/b` },
    'url: expected postgresql://user:password@host:port/database, got "postgres://[hidden]@h/a/b": its database has more than one part',
  ],
  [
    { url: `postgres://u:${secret}@h/db?sslmode=prefer` },
    'url: expected postgresql://user:password@host:port/database, got "postgres://[hidden]@h/db?sslmode=prefer": sslmode is prefer; expected disable, require, verify-ca, verify-full',
  ],
  [
    { url: `postgres://u:${secret}@h/db?ssl=1` },
    'url: expected postgresql://user:password@host:port/database, got "postgres://[hidden]@h/db?ssl=1": its parameter ssl is not known; known are sslmode, sslrootcert, sslcert, sslkey, application_name',
  ],
  [
    { url: `postgres://u:%${secret}@h/db` },
    'url: expected postgresql://user:password@host:port/database, got "postgres://[hidden]@h/db": a % in it does not begin two hexadecimal digits',
  ],
  [{ user: "u", password: [secret] }, "password: expected text, or a function that returns it"],
  [{ user: "u", port: 0 }, "port: expected 1 to 65535, got 0"],
  [{ user: "u", host: "" }, 'host: expected a text, got ""'],
  [
    { user: "u", schema: "Mine" },
    'schema: expected lower case letters, digits and "_", at most 63, and not pg_…, got "Mine"',
  ],
  [{ user: "u", pool: { max: 1 } }, "pool.max: expected 2 or more, got 1"],
  [{ user: "u", pool: { acquireTimeout: 0 } }, "pool.acquireTimeout: expected a duration above 0, got 0"],
  [{ user: "u", statementTimout: 1 }, 'postgres: unknown option "statementTimout"; did you mean "statementTimeout"?'],
  [{ user: "u", sslmode: "disable", ssl: {} }, "ssl: certificates are given, and sslmode is disable"],
  [{ user: "u", ssl: { caFile: "/nowhere.pem" } }, 'ssl.caFile: "/nowhere.pem" cannot be read'],
  [{ user: "u", ssl: { cert: "x" } }, "ssl: a client certificate needs both cert (or certFile) and key (or keyFile)"],
])("refuses %j", (options, message) => expect(refused(options)).toBe(message));
