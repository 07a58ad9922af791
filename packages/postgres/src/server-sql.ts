import { recordTable } from "./commit-record.ts";
import type { PostgresSettings } from "./options.ts";

/** Milliseconds since 1970 by the server's clock, not by the beginning of a transaction. */
export const clockSql = "select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now";

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
  const set = Object.entries(values).map(([name, value]) => `set_config('${name}', '${value}', false)`);
  // What is acknowledged lasts: whoever waits for more than this server's disk goes on doing so.
  const lasting =
    "set_config('synchronous_commit', case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end, false)";
  return `select ${[...set, lasting].join(", ")}`;
}

/** One row about the server and what may be done there; $1 is the schema. */
export const aboutSql = `select
  pg_is_in_recovery() as standby,
  has_database_privilege(current_database(), 'CREATE') as "mayMakeSchema",
  (select has_schema_privilege(oid, 'USAGE') and has_schema_privilege(oid, 'CREATE')
     from pg_namespace where nspname = $1) as "mayMakeTables",
  to_regclass($1 || '.${recordTable}') is not null as "hasRecord",
  current_user::text as "user"`;

/** Writes a table of about 256 KiB, and takes it back: it fails where there is no room for it. */
export function roomSql(session: number): readonly string[] {
  return ["begin", `create table reeve_room_${session} as select generate_series(1, 7000) as row`, "rollback"];
}

/** Where a session has ended up: `system` is the server's own identity, which a copy of its files has too. */
export function placeSql(maySeeSystem: boolean): string {
  // Some servers tell it to superusers only.
  const system = maySeeSystem ? "(select system_identifier::text from pg_control_system())" : "'unknown'";
  return `select ${system} as system, oid::text as database from pg_database where datname = current_database()`;
}

export const maySeeSystemSql = "select has_function_privilege('pg_control_system()', 'EXECUTE') as may";
