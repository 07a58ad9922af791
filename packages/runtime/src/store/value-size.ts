import { reeveError } from "@reeve/contract";
import type { StoreLayout } from "./store-layout.ts";

/** What a value may take, in bytes: a row is copied through the log and the network as a whole, and keeps the loop waiting. */
export const largestValueBytes = 1_048_576;

/**
 * Refuses values that are too large for any database of Reeve.
 *
 * @param sql the statement that they are the parameters of, as Kysely writes it
 * @throws ReeveError `CONSTRAINT_FAILED` naming the column and the size
 *
 * @example
 * ```ts
 * checkSizes(values, query.sql, layout);
 * ```
 */
export function checkSizes(values: readonly unknown[], sql: string, layout: StoreLayout): void {
  for (let index = 0; index < values.length; index++) {
    const bytes = bytesOf(values[index]);
    if (bytes > largestValueBytes) throw tooLarge(bytes, index, sql, layout);
  }
}

function bytesOf(value: unknown): number {
  if (typeof value === "string") {
    // A UTF-16 unit takes up to three bytes of UTF-8.
    return value.length * 3 <= largestValueBytes ? 0 : Buffer.byteLength(value);
  }
  return value instanceof Uint8Array ? value.byteLength : 0;
}

function tooLarge(bytes: number, index: number, sql: string, layout: StoreLayout): Error {
  const { table, column } = targetOf(index, sql);
  const name = layout.physicalTables.get(table ?? "")?.name ?? layout.store;
  return reeveError(
    "CONSTRAINT_FAILED",
    `${name}.${column ?? `value ${index + 1}`}: a value takes at most ${largestValueBytes} bytes, got ${bytes}; keep large data in files, and their names in rows`,
    { data: { table: name, column, bytes, largestBytes: largestValueBytes } },
  );
}

/** Which column a parameter is for, by the text of the statement. */
function targetOf(index: number, sql: string): { readonly table?: string; readonly column?: string | undefined } {
  const insert = /^insert into "([^"]+)"(?: as "[^"]+")? \(([^)]*)\)/.exec(sql);
  if (insert) {
    const columns = insert[2]!.split(", ").map((name) => name.slice(1, -1));
    return { table: insert[1]!, column: columns[index % columns.length] };
  }
  const update = /^update "([^"]+)"(?: as "[^"]+")? set /.exec(sql);
  if (!update) return {};
  const assigned = [...sql.matchAll(/"([^"]+)" = [?$]/g)].map(([, name]) => name);
  return { table: update[1]!, column: assigned[index] };
}
