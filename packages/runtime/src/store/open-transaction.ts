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

export interface OpenedTransaction<D extends StoreDefinition> extends Transaction<D> {
  readonly [inside]: Inside;
}

export function openTransaction<D extends StoreDefinition>(
  owner: object,
  session: Session,
  queries: Queries<D>,
  rows: RowAccess,
): OpenedTransaction<D> {
  return {
    [inside]: { owner, session },
    selectFrom: queries.method("selectFrom"),
    selectNoFrom: queries.method("selectNoFrom"),
    insertInto: queries.method("insertInto"),
    updateTable: queries.method("updateTable"),
    deleteFrom: queries.method("deleteFrom"),
    with: queries.method("with"),
    withRecursive: queries.method("withRecursive"),
    getExecutor: () => queries.executor,
    get: (table, key) => rows.get(table, key) as never,
    find: (table, key) => rows.find(table, key) as never,
    insert: (table, row) => rows.insert(table, row as never) as never,
    update: (table, key, changes) => rows.update(table, key, changes as never) as never,
    delete: (table, key) => rows.delete(table, key),
  };
}

/**
 * The session under a manager's transaction, for the runtime's own rows in the same commit.
 *
 * @param owner the open store that must have begun it
 * @throws ReeveError `STORE_MISUSE` when it is another's, or no transaction at all
 */
export function sessionOf(tx: Transaction, owner: object): Session {
  const opened = (tx as Partial<OpenedTransaction<StoreDefinition>> | undefined)?.[inside];
  if (opened?.owner === owner) return opened.session;
  throw reeveError(
    "STORE_MISUSE",
    "this needs the tx of a transaction of this manager's own store, as given to its function",
  );
}
