import { reeveError } from "@reeve/contract";
import type { Session } from "./backend.ts";
import type { StoreDefinition } from "./define-store.ts";
import type { Queries } from "./queries.ts";
import type { RowAccess } from "./row-access.ts";
import type { Transaction } from "./transaction.ts";

const inside = Symbol("reeve.transaction");

interface Inside {
  /** The open store that began it. */
  readonly owner: object;
  readonly session: Session;
}

/** A transaction as a manager gets it. Its methods work without it at their side, and are made when one is asked for. */
export class OpenTransaction<D extends StoreDefinition> implements Transaction<D> {
  readonly [inside]: Inside;
  readonly #queries: Queries<D>;
  readonly #rows: RowAccess;

  constructor(owner: object, session: Session, queries: Queries<D>, rows: RowAccess) {
    this[inside] = { owner, session };
    this.#queries = queries;
    this.#rows = rows;
  }

  get selectFrom(): Transaction<D>["selectFrom"] {
    return this.#queries.method("selectFrom");
  }

  get selectNoFrom(): Transaction<D>["selectNoFrom"] {
    return this.#queries.method("selectNoFrom");
  }

  get insertInto(): Transaction<D>["insertInto"] {
    return this.#queries.method("insertInto");
  }

  get updateTable(): Transaction<D>["updateTable"] {
    return this.#queries.method("updateTable");
  }

  get deleteFrom(): Transaction<D>["deleteFrom"] {
    return this.#queries.method("deleteFrom");
  }

  get with(): Transaction<D>["with"] {
    return this.#queries.method("with");
  }

  get withRecursive(): Transaction<D>["withRecursive"] {
    return this.#queries.method("withRecursive");
  }

  get getExecutor(): Transaction<D>["getExecutor"] {
    return () => this.#queries.executor;
  }

  get get(): Transaction<D>["get"] {
    return (table, key) => this.#rows.get(table, key) as never;
  }

  get find(): Transaction<D>["find"] {
    return (table, key) => this.#rows.find(table, key) as never;
  }

  get insert(): Transaction<D>["insert"] {
    return (table, row) => this.#rows.insert(table, row as never) as never;
  }

  get update(): Transaction<D>["update"] {
    return (table, key, changes) => this.#rows.update(table, key, changes as never) as never;
  }

  get delete(): Transaction<D>["delete"] {
    return (table, key) => this.#rows.delete(table, key);
  }

  get later(): Transaction<D>["later"] {
    const { layout } = this.#queries.definition;
    return (query, told) =>
      this[inside].session.executeLater(layout, query.compile(), told && (({ rows }) => told(rows as never)));
  }
}

/**
 * The session under a manager's transaction, for the runtime's own rows in the same commit.
 *
 * @param owner the open store that must have begun it
 * @throws ReeveError `STORE_MISUSE` when it is another's, or no transaction at all
 */
export function sessionOf(tx: Transaction, owner: object): Session {
  const opened = (tx as Partial<OpenTransaction<StoreDefinition>> | undefined)?.[inside];
  if (opened?.owner === owner) return opened.session;
  throw reeveError(
    "STORE_MISUSE",
    "this needs the tx of a transaction of this manager's own store, as given to its function",
  );
}
