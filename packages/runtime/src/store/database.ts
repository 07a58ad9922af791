import { AsyncLocalStorage } from "node:async_hooks";
import { reeveError } from "@reeve/contract";
import type { CompiledQuery, QueryCreator, QueryResult } from "kysely";
import type { Clock } from "../base/clock.ts";
import type { Connections, Session, StoreBackend, WriteOptions } from "./backend.ts";
import type { StoreDefinition } from "./define-store.ts";
import { Migrator } from "./migrator.ts";
import { Queries } from "./queries.ts";
import { RowAccess } from "./row-access.ts";
import { RowTemplates } from "./row-templates.ts";
import type { QueryTables } from "./rows.ts";
import type { StoreHealth } from "./store-health.ts";
import type { StoreLayout } from "./store-layout.ts";

interface OpenTransaction {
  open: boolean;
}

/** The open database of a supervisor: the stores of all its managers and of the runtime. */
export class Database {
  readonly #connections: Connections;
  readonly #current = new AsyncLocalStorage<OpenTransaction>();
  readonly #migrator: Migrator;
  readonly #prepared = new Map<(database: Database) => unknown, unknown>();
  readonly #rowTemplates = new Map<StoreLayout, RowTemplates>();

  /** @throws ReeveError `STORE_IN_USE`, `STORE_CORRUPT`, `STORE_FAILED` */
  static async open(backend: StoreBackend, options: Parameters<StoreBackend["open"]>[0]): Promise<Database> {
    return new Database(await backend.open(options), options.clock);
  }

  private constructor(connections: Connections, clock: Clock) {
    this.#connections = connections;
    this.#migrator = new Migrator(connections, clock);
  }

  /** Names the database in messages. */
  get name(): string {
    return this.#connections.name;
  }

  /** Where it lies: tells it from a copy of it. */
  get place(): string {
    return this.#connections.place;
  }

  /** Whether it keeps what it acknowledges. */
  get health(): StoreHealth {
    return this.#connections.health;
  }

  /** The time by the database's own clock, in milliseconds since 1970: what is due or has expired for several processes is told by it. */
  now(): Promise<number> {
    return this.#connections.now();
  }

  /**
   * Brings the tables of a store to its latest version; again and at once for many managers costs nothing.
   *
   * @throws ReeveError `MIGRATION_REFUSED` naming the version that changed or is newer than the code
   */
  migrate(definition: StoreDefinition): Promise<void> {
    return this.#migrator.migrate(definition);
  }

  /** Runs a write transaction over any stores. @throws ReeveError `STORE_MISUSE` inside another one, `TRANSACTION_TIMEOUT` */
  async write<R>(body: (session: Session) => Promise<R>, options: WriteOptions): Promise<R> {
    this.refuseInside();
    const transaction: OpenTransaction = { open: true };
    try {
      return await this.#connections.write((session) => this.#current.run(transaction, body, session), options);
    } finally {
      transaction.open = false;
    }
  }

  /** Kysely's builders over a store, in a transaction. */
  within<D extends StoreDefinition>(session: Session, definition: D): QueryCreator<QueryTables<D>> {
    return this.queries(session, definition).builders;
  }

  queries<D extends StoreDefinition>(session: Session, definition: D): Queries<D> {
    return new Queries(this.#connections, definition, (query) => session.execute(definition.layout, query));
  }

  /** Kysely's builders over what is committed in a store. `gate` throws when reading is not allowed. */
  reading<D extends StoreDefinition>(definition: D, gate: () => void = () => {}): Queries<D> {
    return new Queries(this.#connections, definition, async (query) => {
      gate();
      return this.read(definition.layout, query);
    });
  }

  /** The rows of a store by their key, where its queries run. */
  rows<D extends StoreDefinition>({ definition, run }: Queries<D>): RowAccess {
    const { layout } = definition;
    let templates = this.#rowTemplates.get(layout);
    if (!templates) {
      templates = new RowTemplates(layout, this.reading(definition).builders);
      this.#rowTemplates.set(layout, templates);
    }
    return new RowAccess(templates, run);
  }

  /** Runs a query on what is committed. @throws ReeveError `STORE_MISUSE` inside a transaction */
  async read(layout: StoreLayout, query: CompiledQuery): Promise<QueryResult<unknown>> {
    this.refuseInside();
    return this.#connections.read(layout, query);
  }

  /** What `make` has made for this database, at the first call with it: compiled queries, say. */
  prepared<T>(make: (database: Database) => T): T {
    if (!this.#prepared.has(make)) this.#prepared.set(make, make(this));
    return this.#prepared.get(make) as T;
  }

  /** A transaction that waits for another use of the database waits for itself. */
  refuseInside(): void {
    if (!this.#current.getStore()?.open) return;
    throw reeveError(
      "STORE_MISUSE",
      "the store was used inside a transaction, which would hang; use the transaction's tx",
    );
  }

  /** Waits for the transactions that were asked for, and releases the database. */
  close(): Promise<void> {
    return this.#connections.close();
  }
}
