import { userInfo } from "node:os";
import type { ConnectionOptions } from "node:tls";
import { type Duration, durationMs, reeveError } from "@reeve/contract";
import { knownKeys } from "@reeve/runtime/store";
import type { PostgresOptions } from "./postgres-options.ts";
import { readUrl } from "./server-url.ts";
import { readTls } from "./tls.ts";

/** Where the server is, and as whom it is asked. */
export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: PostgresOptions["password"];
  readonly ssl: ConnectionOptions | undefined;
  readonly applicationName: string;
}

export interface PostgresSettings {
  readonly server: ServerSettings;
  readonly readers: number;
  readonly writers: number;
  readonly acquireTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number;
  readonly schema: string;
  /** Names the database in messages. */
  readonly name: string;
}

const known = [
  "url",
  "host",
  "port",
  "database",
  "user",
  "password",
  "sslmode",
  "ssl",
  "pool",
  "statementTimeout",
  "idleInTransactionTimeout",
  "schema",
  "applicationName",
] as const satisfies readonly (keyof PostgresOptions)[];

const defaults = { host: "127.0.0.1", port: 5432, max: 10, schema: "public", applicationName: "reeve" };
const schemaPattern = /^[a-z_][a-z0-9_]{0,62}$/;

/** @throws ReeveError `INVALID_OPTION` naming the option and, unless it is a secret, its value */
export function readOptions(options: PostgresOptions): PostgresSettings {
  // What is given in their place may be a URL with a password.
  if (typeof options !== "object" || options === null)
    throw reeveError("INVALID_OPTION", `postgres: expected an options object such as { url }, got ${typeof options}`);
  knownKeys("postgres", options, known);
  const given = { ...(options.url === undefined ? {} : readUrl(options.url)), ...present(options) };
  const { host = defaults.host, port = defaults.port, schema = defaults.schema } = given;
  const user = given.user ?? userInfo().username;
  const database = given.database ?? user;
  for (const [field, value] of Object.entries({ host, user, database })) requireText(field, value);
  if (!["undefined", "string", "function"].includes(typeof given.password))
    throw reeveError("INVALID_OPTION", "password: expected text, or a function that returns it");
  if (!Number.isInteger(port) || port < 1 || port > 65_535) refuse("port", "1 to 65535", port);
  if (typeof schema !== "string" || !schemaPattern.test(schema) || schema.startsWith("pg_"))
    refuse("schema", 'lower case letters, digits and "_", at most 63, and not pg_…', schema);
  const { applicationName = defaults.applicationName, pool = {} } = given;
  requireText("applicationName", applicationName);
  knownKeys("pool", pool, ["max", "acquireTimeout"]);
  const { max = defaults.max } = pool;
  if (!Number.isInteger(max) || max < 2) refuse("pool.max", "2 or more", max);
  const readers = Math.max(1, Math.floor(max / 3));
  const ssl = readTls(given.sslmode, given.ssl, host);
  return {
    server: { host, port, database, user, password: given.password, ssl, applicationName },
    readers,
    writers: max - readers,
    acquireTimeoutMs: positive("pool.acquireTimeout", pool.acquireTimeout ?? "15s"),
    statementTimeoutMs: positive("statementTimeout", given.statementTimeout ?? "30s"),
    idleInTransactionTimeoutMs: positive("idleInTransactionTimeout", given.idleInTransactionTimeout ?? "10s"),
    schema,
    name: `${host.includes(":") ? `[${host}]` : host}:${port}/${database}${schema === defaults.schema ? "" : `, schema ${schema}`}`,
  };
}

/** What was given: undefined stands for nothing. */
function present<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

function requireText(field: string, value: unknown): void {
  if (typeof value !== "string" || value === "" || value.includes("\0")) refuse(field, "a text", value);
}

function positive(field: string, value: Duration): number {
  const ms = durationMs(field, value);
  return ms >= 1 ? ms : refuse(field, "a duration above 0", value);
}

function refuse(field: string, expected: string, value: unknown): never {
  throw reeveError("INVALID_OPTION", `${field}: expected ${expected}, got ${JSON.stringify(value)}`);
}
