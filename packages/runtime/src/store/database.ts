import { AsyncLocalStorage } from "node:async_hooks";
import { reeveError } from "@reeve/contract";
import type { CompiledQuery, QueryCreator } from "kysely";
import type { Clock } from "../base/clock.ts";
import type { Connections, Session, StoreBackend, WriteOptions } from "./backend.ts";
import type { StoreDefinition } from "./define-store.ts";
import { Migrator } from "./migrator.ts";
import { type Queries, queriesOf } from "./queries.ts";
import type { QueryTables } from "./rows.ts";
import type { StoreHealth } from "./store-health.ts";

interface OpenTransaction {
  open: boolean;
}

/** The open database of a supervisor: the stores of all its managers and of the runtime. */
export class Database {
  readonly #connections: Connections;
  readonly #current = new AsyncLocalStorage<OpenTransaction>();
  readonly #migrator: Migrator;

  /** @throws ReeveError `STORE_IN_USE`, `STORE_CORRUPT`, `STORE_FAILED` */
  static async open(backend: StoreBackend, options: { readonly clock: Clock }): Promise<Database> {
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
    return queriesOf(this.#connections, definition, (query) => session.execute(definition.layout, query));
  }

  /** Kysely's builders over what is committed in a store. `gate` throws when reading is not allowed. */
  reading<D extends StoreDefinition>(definition: D, gate: () => void = () => {}): Queries<D> {
    return queriesOf(this.#connections, definition, async (query: CompiledQuery) => {
      gate();
      this.refuseInside();
      return this.#connections.read(definition.layout, query);
    });
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
