import { reeveError } from "@reeve/contract";
import { Connection } from "./connection.ts";
import { storeFailure } from "./errors.ts";
import { openingFailure } from "./opening-failure.ts";
import type { PostgresSettings } from "./options.ts";
import { aboutSql, maySeeSystemSql, oldestVersion, sessionSql, systemSql } from "./server-sql.ts";

interface About {
  readonly versionNumber: number;
  readonly version: string;
  readonly standby: boolean;
  readonly database: string;
  readonly mayMakeSchema: boolean;
  /** Null where there is no such schema. */
  readonly mayMakeTables: boolean | null;
  readonly user: string;
}

const connectTimeoutMs = 5_000;

/** A session with everything set. @throws ReeveError `STORE_FAILED` saying what is wrong and what to do */
export async function openSession(settings: PostgresSettings, reading: boolean): Promise<Connection> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.open(settings.server, Math.min(connectTimeoutMs, settings.acquireTimeoutMs));
    await connection.run([{ text: sessionSql(settings, reading) }]);
    return connection;
  } catch (error) {
    connection?.destroy(error);
    throw openingFailure(settings, error);
  }
}

/**
 * Looks whether the server will do, makes the schema if it is missing, and answers where the database lies.
 *
 * @throws ReeveError `STORE_FAILED` saying what is wrong and what to do
 */
export async function examine(settings: PostgresSettings, connection: Connection): Promise<string> {
  const { name, schema } = settings;
  try {
    const about = await aboutOf(connection, schema);
    if (about.versionNumber < oldestVersion * 10_000)
      refuse(name, `it is PostgreSQL ${about.version}, expected ${oldestVersion} or later; upgrade the server`);
    if (about.standby) refuse(name, "it is a standby, which takes no writes; give the address of the primary");
    const missing = about.mayMakeTables === null;
    if (missing && !about.mayMakeSchema)
      refuse(
        name,
        `it has no schema "${schema}", and user "${about.user}" may not make one: create schema ${schema} authorization "${about.user}"`,
      );
    if (about.mayMakeTables === false)
      refuse(
        name,
        `user "${about.user}" may not make tables in schema "${schema}": grant usage, create on schema ${schema} to "${about.user}"`,
      );
    if (missing) await makeSchema(connection, schema);
    return `${await systemOf(connection)}/${about.database}/${schema}`;
  } catch (error) {
    throw storeFailure(name, error);
  }
}

async function aboutOf(connection: Connection, schema: string): Promise<About> {
  const [result] = await connection.run([{ text: aboutSql, values: [schema] }]);
  return result!.rows[0] as About;
}

/** Of processes that start together one makes it. */
async function makeSchema(connection: Connection, schema: string): Promise<void> {
  await connection.run([
    { text: "begin" },
    { text: "select pg_advisory_xact_lock(hashtextextended($1, 0))", values: [migrationLock(schema)] },
    { text: `create schema if not exists "${schema}"` },
    { text: "commit" },
  ]);
}

/** Held by the one process that changes tables of the schema. */
export function migrationLock(schema: string): string {
  return `reeve/migrations/${schema}`;
}

async function systemOf(connection: Connection): Promise<string> {
  const [privilege] = await connection.run([{ text: maySeeSystemSql }]);
  if (!(privilege!.rows[0] as { readonly may: boolean }).may) return "unknown";
  const [result] = await connection.run([{ text: systemSql }]);
  return (result!.rows[0] as { readonly system: string }).system;
}

function refuse(name: string, why: string): never {
  throw reeveError("STORE_FAILED", `store database "${name}": ${why}`, { data: { path: name } });
}
