import { reeveError } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import type { Connections, Session } from "./backend.ts";
import { column } from "./column.ts";
import { defineRuntimeStore, type StoreDefinition } from "./define-store.ts";
import { Queries } from "./queries.ts";
import type { Row } from "./rows.ts";
import type { SchemaVersion } from "./schema-version.ts";
import { table } from "./table.ts";

const migrationStore = defineRuntimeStore("migrations", {
  tables: {
    migrations: table({
      store: column.text().primaryKey(),
      version: column.integer().primaryKey(),
      summary: column.text(),
      checksum: column.text(),
      appliedAt: column.timestamp(),
    }),
  },
});

type Applied = Row<typeof migrationStore, "migrations">;

/** A migration that rewrites rows may take long; nothing else writes meanwhile. */
const longestMs = 600_000;

/** Brings stores to their latest versions, each version in one transaction with its record. */
export class Migrator {
  readonly #connections: Connections;
  readonly #clock: Clock;
  readonly #migrated = new Map<StoreDefinition, Promise<void>>();
  #ready: Promise<void> | undefined;

  constructor(connections: Connections, clock: Clock) {
    this.#connections = connections;
    this.#clock = clock;
  }

  migrate(definition: StoreDefinition): Promise<void> {
    let migrated = this.#migrated.get(definition);
    if (!migrated) {
      migrated = this.#migrate(definition);
      this.#migrated.set(definition, migrated);
      // The next incarnation tries again.
      migrated.catch(() => this.#migrated.delete(definition));
    }
    return migrated;
  }

  async #migrate(definition: StoreDefinition): Promise<void> {
    this.#ready ??= this.#prepare();
    await this.#ready;
    const applied = await this.#applied(definition);
    check(definition, applied);
    for (const version of definition.versions.slice(applied.length)) await this.#apply(definition, version);
  }

  /** The record of migrations cannot record its own. */
  async #prepare(): Promise<void> {
    const { layout, versions } = migrationStore;
    await this.#write(async (session) => {
      if (await session.hasTable(layout.tables.get("migrations")!.physicalName)) return;
      for (const change of versions[0]!.additions) await session.change(layout, change);
    }).catch((error) => {
      this.#ready = undefined;
      throw error;
    });
  }

  #applied(definition: StoreDefinition): Promise<readonly Applied[]> {
    return this.#write((session) => this.#recorded(session, definition));
  }

  #recorded(session: Session, { name }: StoreDefinition): Promise<readonly Applied[]> {
    const records = this.#records(session).selectFrom("migrations").selectAll();
    return records.where("store", "=", name).orderBy("version").execute();
  }

  async #apply(definition: StoreDefinition, version: SchemaVersion): Promise<void> {
    const { number, summary, checksum, additions, removals } = version;
    await this.#write(async (session) => {
      // Another definition of the same store may have come first.
      const applied = await this.#recorded(session, definition);
      check(definition, applied);
      if (applied.length >= number) return;
      for (const change of additions) await session.change(definition.layout, change);
      await this.#rewrite(session, definition, version);
      for (const change of removals) await session.change(definition.layout, change);
      const record = { store: definition.name, version: number, summary, checksum };
      const appliedAt = new Date(this.#clock.wallNow());
      await this.#records(session)
        .insertInto("migrations")
        .values({ ...record, appliedAt })
        .execute();
    });
  }

  async #rewrite(session: Session, definition: StoreDefinition, version: SchemaVersion): Promise<void> {
    const { number, summary, migrate } = version;
    try {
      await migrate?.(this.#rows(session, definition));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const message = `store "${definition.name}": the migration to version ${number} (${summary}) failed: ${why}`;
      throw reeveError("MIGRATION_FAILED", message, { data: { store: definition.name, version: number }, cause });
    }
  }

  #records(session: Session) {
    return new Queries(this.#connections, migrationStore, (query) => session.execute(migrationStore.layout, query))
      .builders;
  }

  #rows(session: Session, definition: StoreDefinition) {
    return new Queries(this.#connections, definition, (query) => session.execute(definition.layout, query)).builders;
  }

  #write<R>(body: (session: Session) => Promise<R>): Promise<R> {
    return this.#connections.write(body, { timeoutMs: longestMs, migrating: true });
  }
}

function check({ name, versions }: StoreDefinition, applied: readonly Applied[]): void {
  const newest = applied.at(-1);
  if (newest && newest.version > versions.length) {
    throw reeveError(
      "MIGRATION_REFUSED",
      `store "${name}": the database is at version ${newest.version} (${newest.summary}), this code knows only ${versions.length}; run newer code`,
      { data: { store: name, version: newest.version } },
    );
  }
  for (const [index, { version, checksum, summary }] of applied.entries()) {
    const known = versions[index]!;
    if (known.number === version && known.checksum === checksum) continue;
    throw reeveError(
      "MIGRATION_REFUSED",
      `store "${name}", version ${version} (${summary}) was changed after it had been applied: now "${known.summary}"; put it back, and make the change in version ${versions.length + 1}`,
      { data: { store: name, version } },
    );
  }
}
