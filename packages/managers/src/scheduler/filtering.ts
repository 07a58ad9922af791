import type { Rejection } from "./explanation.ts";
import type { RowFilter } from "./filters.ts";
import type { HostTable } from "./host-table.ts";
import type { PlacementRequest } from "./placement-request.ts";

/** How many addresses a rejection names. */
export const namedHosts = 5;

/** The rows that every filter accepts, of those given or else of all; each of the others counts for the first that does not. */
export function filter(
  table: HostTable,
  request: PlacementRequest,
  filters: readonly RowFilter[],
  rows: Uint32Array = rowsWhere(table),
): { readonly candidates: Uint32Array; readonly rejections: readonly Rejection[] } {
  const rejections: Rejection[] = [];
  let left: Uint32Array = rows;
  for (const filter of filters) {
    const before = left.length;
    const examples: string[] = [];
    left = narrow(table, request, filter, left, examples);
    if (left.length < before) rejections.push({ filter: filter.name, hosts: before - left.length, examples });
  }
  return { candidates: left, rejections };
}

/** Whether every filter accepts the host at this address; without one, whether they accept any. */
export function fits(
  table: HostTable,
  request: PlacementRequest,
  filters: readonly RowFilter[],
  address?: string,
): boolean {
  const row = address === undefined ? undefined : table.rowOf(address);
  if (address !== undefined && row === undefined) return false;
  const rows = row === undefined ? rowsWhere(table) : Uint32Array.of(row);
  return filter(table, request, filters, rows).candidates.length > 0;
}

/** In the table's scratch: they hold until it is used again. */
export function rowsWhere(table: HostTable, holds?: (row: number) => boolean): Uint32Array {
  const rows = table.scratch.rows(table.size);
  let count = 0;
  for (let row = 0; row < table.size; row++) if (!holds || holds(row)) rows[count++] = row;
  return rows.subarray(0, count);
}

/** Moves the rows it keeps to the front. */
function narrow(
  table: HostTable,
  request: PlacementRequest,
  filter: RowFilter,
  rows: Uint32Array,
  examples: string[],
): Uint32Array {
  let index = 0;
  let kept = 0;
  try {
    const accepts = filter.prepare(table, request);
    if (!accepts) return rows;
    for (; index < rows.length; index++) {
      const row = rows[index]!;
      if (accepts(row)) rows[kept++] = row;
      else if (examples.length < namedHosts) examples.push(table.hosts[row]!.home);
    }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(
      `filter ${filter.name} on ${request.manager} ${table.hosts[rows[index]!]?.address}: ${message}`,
      {
        cause,
      },
    );
  }
  return rows.subarray(0, kept);
}

/** The filters that turn a host away whatever comes before them, by row. */
export function refusals(
  table: HostTable,
  request: PlacementRequest,
  filters: readonly RowFilter[],
): (row: number) => string[] {
  const prepared = filters.flatMap(({ name, prepare }) => {
    const accepts = prepare(table, request);
    return accepts ? [{ name, accepts }] : [];
  });
  return (row) => prepared.filter(({ accepts }) => !accepts(row)).map(({ name }) => name);
}
