import type { PostgresSettings } from "./options.ts";

export const oldestVersion = 14;

/** Milliseconds since 1970 by the server's clock, not by the beginning of a transaction. */
export const clockSql = "select floor(extract(epoch from pg_catalog.clock_timestamp()) * 1000)::bigint as now";

/** What a session is set to, whatever the server, the database and the role are set to. */
export function sessionSql(settings: PostgresSettings, reading: boolean): string {
  const values = {
    search_path: `"${settings.schema}"`,
    TimeZone: "UTC",
    DateStyle: "ISO, YMD",
    bytea_output: "hex",
    extra_float_digits: "1",
    standard_conforming_strings: "on",
    statement_timeout: String(settings.statementTimeoutMs),
    idle_in_transaction_session_timeout: String(settings.idleInTransactionTimeoutMs),
    default_transaction_read_only: reading ? "on" : "off",
    // A look at a whole small table is one at all its rows, and conflicts with every change of one.
    enable_seqscan: reading ? "on" : "off",
  };
  const set = Object.entries(values).map(([name, value]) => `pg_catalog.set_config('${name}', '${value}', false)`);
  // What is acknowledged lasts: whoever waits for more than this server's disk goes on doing so.
  const lasting =
    "pg_catalog.set_config('synchronous_commit', case pg_catalog.current_setting('synchronous_commit') when 'off' then 'on' else pg_catalog.current_setting('synchronous_commit') end, false)";
  return `select ${[...set, lasting].join(", ")}`;
}

/** One row about the server and what may be done there; $1 is the schema. */
export const aboutSql = `select
  pg_catalog.current_setting('server_version_num')::int as "versionNumber",
  pg_catalog.current_setting('server_version') as version,
  pg_catalog.pg_is_in_recovery() as standby,
  (select oid::text from pg_catalog.pg_database where datname = pg_catalog.current_database()) as database,
  pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') as "mayMakeSchema",
  (select pg_catalog.has_schema_privilege(oid, 'USAGE') and pg_catalog.has_schema_privilege(oid, 'CREATE')
     from pg_catalog.pg_namespace where nspname = $1) as "mayMakeTables",
  current_user::text as "user"`;

/** The server's own identity; a copy of its files has it too. Some servers tell it to superusers only. */
export const systemSql = "select system_identifier::text as system from pg_catalog.pg_control_system()";
export const maySeeSystemSql =
  "select pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') as may";
