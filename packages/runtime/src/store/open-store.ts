import { durationMs, type ReeveError, reeveError } from "@reeve/contract";
import { knownKeys } from "../config/index.ts";
import type { ManagerObserving } from "../telemetry/index.ts";
import type { Session } from "./backend.ts";
import type { Database } from "./database.ts";
import type { StoreDefinition } from "./define-store.ts";
import { OpenTransaction } from "./open-transaction.ts";
import type { Store, TransactionOptions } from "./store.ts";
import type { Transaction } from "./transaction.ts";
import type { TransactionHook } from "./transaction-hook.ts";

/** What a transaction is made for. */
export interface TransactionCaller {
  /** Why it ended before it was done. */
  readonly abortReason: ReeveError | undefined;
}

export interface OpenStoreOptions<D extends StoreDefinition> {
  readonly database: Database;
  readonly definition: D;
  /** Run in each write transaction, in this order. */
  readonly hooks?: readonly TransactionHook[];
  /**
   * The call that runs here, whose end stops the transactions that it has begun; undefined where nothing does. One that is
   * begun after that end is not stopped: it may be what puts things in order.
   */
  readonly caller?: () => TransactionCaller | undefined;
  /** Sees each write transaction. Default: nobody does. */
  readonly observing?: ManagerObserving | undefined;
  /** Called once, when a newer incarnation is found to have taken over. */
  readonly onFenced?: (error: ReeveError) => void;
}

const defaultTimeoutMs = 10_000;

/** One incarnation's hold on its store. */
export class OpenStore<D extends StoreDefinition> {
  /** What the manager gets. */
  readonly store: Store<D>;
  readonly #options: OpenStoreOptions<D>;
  #revoked: ReeveError | undefined;

  constructor(options: OpenStoreOptions<D>) {
    this.#options = options;
    const queries = options.database.reading(options.definition, () => this.#requireCurrent());
    const rows = options.database.rows(queries);
    this.store = {
      selectFrom: queries.method("selectFrom"),
      with: queries.method("with"),
      withRecursive: queries.method("withRecursive"),
      getExecutor: () => queries.executor,
      get: (table, key) => rows.get(table, key) as never,
      find: (table, key) => rows.find(table, key) as never,
      transaction: (body, given) => {
        const { observing } = this.#options;
        if (observing === undefined) return this.#transaction(body, given);
        return observing.during(observing.transaction(), () => this.#transaction(body, given));
      },
    };
  }

  /** From now on the handle fails with `FENCED`: another incarnation has taken over. */
  revoke(): void {
    this.#revoked ??= reeveError("FENCED", "this incarnation was replaced; its store handle is revoked");
  }

  async #transaction<R>(body: (tx: Transaction<D>) => Promise<R> | R, options: TransactionOptions<D> = {}): Promise<R> {
    knownKeys("transaction", options, ["timeout", "alone", "overlapSync"]);
    const { timeout, alone: table, overlapSync } = options;
    const { database, definition, hooks = [], caller } = this.#options;
    const timeoutMs = timeout === undefined ? defaultTimeoutMs : durationMs("transaction timeout", timeout);
    this.#requireCurrent();
    const call = caller?.();
    const unwanted = call && !call.abortReason ? () => call.abortReason : undefined;
    const { layout } = definition;
    if (table !== undefined && !layout.tables.has(table)) throw noTable(layout.store, table);
    const alone = table === undefined ? undefined : { layout, table };
    const given = { timeoutMs, alone, overlapSync, ...(unwanted ? { unwanted } : {}) };
    let last: Session | undefined;
    try {
      const result = await database.write((session) => {
        last = session;
        return this.#run(session, body, hooks);
      }, given);
      for (const hook of hooks) hook.committed?.(last!);
      return result;
    } finally {
      if (last) for (const hook of hooks) hook.ended?.(last);
    }
  }

  async #run<R>(
    session: Session,
    body: (tx: Transaction<D>) => Promise<R> | R,
    hooks: readonly TransactionHook[],
  ): Promise<R> {
    // It may have waited for its turn while a successor came.
    this.#requireCurrent();
    for (const hook of hooks) await hook.begin?.(session, (error) => this.#noteFenced(error));
    const result = await body(this.#open(session));
    for (const hook of hooks) await hook.end?.(session, result);
    this.#requireCurrent();
    return result;
  }

  #open(session: Session): OpenTransaction<D> {
    const { database, definition } = this.#options;
    const queries = database.queries(session, definition);
    return new OpenTransaction(this, session, queries, database.rows(queries));
  }

  #requireCurrent(): void {
    if (this.#revoked) throw this.#revoked;
  }

  #noteFenced(error: ReeveError): void {
    if (this.#revoked) return;
    this.#revoked = error;
    this.#options.onFenced?.(error);
  }
}

function noTable(store: string, table: unknown): ReeveError {
  return reeveError("STORE_MISUSE", `store "${store}" has no table ${JSON.stringify(table)}`);
}
