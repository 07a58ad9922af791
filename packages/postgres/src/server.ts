import { reeveError } from "@reeve/contract";
import type { Clock } from "@reeve/runtime/store";
import { makeRecordSql, purgeRecordSql } from "./commit-record.ts";
import { Connection } from "./connection.ts";
import { storeFailure } from "./errors.ts";
import { openingFailure } from "./opening-failure.ts";
import type { PostgresSettings } from "./options.ts";
import { aboutSql, maySeeSystemSql, placeSql, sessionSql } from "./server-sql.ts";
import { passwordOf } from "./session-password.ts";

interface About {
  readonly standby: boolean;
  readonly mayMakeSchema: boolean;
  /** Null where there is no such schema. */
  readonly mayMakeTables: boolean | null;
  readonly hasRecord: boolean;
  readonly user: string;
}

interface Place {
  readonly system: string;
  readonly database: string;
}

const connectTimeoutMs = 5_000;
const oldestVersion = 14;
/** How often old rows of the record of commits are deleted, with a session that is opened anyway: each adds one. */
const purgeEveryMs = 3_600_000;

/** The server of one opening: all sessions are with the same database. */
export class Server {
  readonly #settings: PostgresSettings;
  readonly #clock: Clock;
  #place: string | undefined;
  #maySeeSystem = false;
  #purgedAt = Number.NEGATIVE_INFINITY;

  constructor(settings: PostgresSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Where the database lies, once a session was examined. */
  get place(): string {
    return this.#place!;
  }

  /**
   * A session with everything set.
   *
   * @throws ReeveError `STORE_FAILED` saying what is wrong and what to do
   */
  async openSession(reading: boolean): Promise<Connection> {
    const settings = this.#settings;
    const limitMs = Math.min(connectTimeoutMs, settings.acquireTimeoutMs);
    let connection: Connection | undefined;
    let silent: NodeJS.Timeout | undefined;
    try {
      const password = await passwordOf(settings.server.password, limitMs);
      // Also after the handshake: a server that falls silent then would keep all who open a session, and a close, waiting for ever.
      silent = setTimeout(() => connection?.destroy(new Error("timeout after the handshake")), 2 * limitMs);
      connection = await Connection.open(settings.server, password, limitMs);
      requireVersion(settings.name, connection.serverVersion);
      await connection.run([{ text: sessionSql(settings, reading) }]);
      if (this.#place !== undefined) await this.#requireSamePlace(connection);
      if (this.#place !== undefined && !reading) await this.#purge(connection);
      return connection;
    } catch (error) {
      connection?.destroy(error);
      // Of a session that was lost, the first cause.
      throw openingFailure(settings, connection?.loss ?? error);
    } finally {
      clearTimeout(silent);
    }
  }

  /**
   * Looks whether the server will do, and makes the schema and the record of commits if they are missing.
   *
   * @throws ReeveError `STORE_FAILED` saying what is wrong and what to do
   */
  async examine(connection: Connection): Promise<void> {
    const { name, schema } = this.#settings;
    try {
      const [result] = await connection.run([{ text: aboutSql, values: [schema] }]);
      const about = result!.rows[0] as About;
      requireFit(name, schema, about);
      if (about.mayMakeTables === null || !about.hasRecord) await prepare(connection, schema);
      await this.#purge(connection);
      const [privilege] = await connection.run([{ text: maySeeSystemSql }]);
      this.#maySeeSystem = (privilege!.rows[0] as { readonly may: boolean }).may;
      this.#place = await this.#placeOf(connection);
    } catch (error) {
      throw storeFailure(name, error);
    }
  }

  /** Names and addresses can come to mean another server: what one had told would be another's truth. */
  async #requireSamePlace(connection: Connection): Promise<void> {
    const found = await this.#placeOf(connection);
    if (found === this.#place) return;
    refuse(
      this.#settings.name,
      `it is another database now (${found}, expected ${this.#place}); bring back the one there was, or start this process anew`,
    );
  }

  async #purge(connection: Connection): Promise<void> {
    const now = this.#clock.now();
    if (now - this.#purgedAt < purgeEveryMs) return;
    this.#purgedAt = now;
    await connection.run([{ text: purgeRecordSql }]);
  }

  async #placeOf(connection: Connection): Promise<string> {
    const [result] = await connection.run([{ text: placeSql(this.#maySeeSystem) }]);
    const { system, database } = result!.rows[0] as Place;
    return `${system}/${database}/${this.#settings.schema}`;
  }
}

/** Before it is asked for anything that an old one does not know. */
function requireVersion(name: string, version: string): void {
  if (Number.parseInt(version, 10) < oldestVersion)
    refuse(name, `it is PostgreSQL ${version}, expected ${oldestVersion} or later; upgrade the server`);
}

function requireFit(name: string, schema: string, about: About): void {
  const { standby, mayMakeSchema, mayMakeTables, user } = about;
  if (standby) refuse(name, "it is a standby, which takes no writes; give the address of the primary");
  if (mayMakeTables === null && !mayMakeSchema)
    refuse(
      name,
      `it has no schema "${schema}", and user "${user}" may not make one; create schema ${schema} authorization "${user}"`,
    );
  if (mayMakeTables === false)
    refuse(
      name,
      `user "${user}" may not make tables in schema "${schema}"; grant usage, create on schema ${schema} to "${user}"`,
    );
}

/** Of processes that start together one makes it. */
async function prepare(connection: Connection, schema: string): Promise<void> {
  await connection.run([
    { text: "begin" },
    { text: "select pg_advisory_xact_lock(hashtextextended($1, 0))", values: [migrationLock(schema)] },
    { text: `do $$ begin if to_regnamespace('"${schema}"') is null then create schema "${schema}"; end if; end $$` },
    { text: makeRecordSql },
    { text: "commit" },
  ]);
}

/** Held by the one process that changes tables of the schema. */
export function migrationLock(schema: string): string {
  return `reeve/migrations/${schema}`;
}

function refuse(name: string, why: string): never {
  throw reeveError("STORE_FAILED", `store database "${name}": ${why}`, { data: { path: name } });
}
