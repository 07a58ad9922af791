import type { Row, RowChanges, StoreDefinition, Transaction } from "@reeve/runtime";
import { asRow, known, type Staged, type TableWith, type ValueOf } from "./tables.ts";

/**
 * Changes a resource if it still has that status, in one statement, and returns it as it is then. When somebody else has changed
 * it in the meantime (an operator's repair), their word stands and nothing is changed: Cinder's rule for clean-up.
 *
 * @throws ReeveError `ROW_NOT_FOUND` when there is no such resource any more
 * @example
 * ```ts
 * return (tx) => changeIf(tx, "volumes", id, "creating", { status: "available" });
 * ```
 */
export async function changeIf<D extends StoreDefinition, T extends TableWith<D, Staged>>(
  tx: Transaction<D>,
  table: T,
  id: string,
  from: ValueOf<D, T, "status"> & string,
  changes: RowChanges<D, T>,
): Promise<Row<D, T>> {
  const [any, name] = known(tx, table);
  const query = any.updateTable(name).set(changes).where("id", "=", id).where("status", "=", from);
  const changed = await query.returningAll().executeTakeFirst();
  return asRow(changed ?? (await any.get(name, id)));
}

/**
 * Removes a resource if it still has that status, in one statement. One that is gone, or that somebody else has changed in the
 * meantime, is left as it is.
 *
 * @returns whether it was removed
 * @example
 * ```ts
 * return (tx) => deleteIf(tx, "volumes", id, "deleting");
 * ```
 */
export async function deleteIf<D extends StoreDefinition, T extends TableWith<D, Staged>>(
  tx: Transaction<D>,
  table: T,
  id: string,
  from: ValueOf<D, T, "status"> & string,
): Promise<boolean> {
  const [any, name] = known(tx, table);
  const { numDeletedRows } = await any
    .deleteFrom(name)
    .where("id", "=", id)
    .where("status", "=", from)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
