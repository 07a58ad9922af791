import type { PanelRow, PanelTable, PanelTotal } from "@reeve/runtime/inspection";

/** The tables of all hosts as one. */
export interface MergedTable extends PanelTable {
  /** One for each state, in the order in which they are told. */
  readonly totals: readonly PanelTotal[];
  /** Why some of it cannot be read. */
  readonly problems: readonly string[];
}

/** What several hosts tell of, because each hears the whole fleet or shares a database, stands once. Undefined where none tells. */
export function merged(all: readonly PanelTable[]): MergedTable | undefined {
  const first = all.find(({ rows }) => rows.some((row) => !isProblem(row))) ?? all[0];
  if (!first) return undefined;
  const problems = new Set<string>();
  const rows = new Map<string, PanelRow>();
  const totals = new Map<string, PanelTotal>();
  for (const table of all) {
    for (const row of table.rows) {
      if (isProblem(row)) problems.add(String(row.cells.error));
      else if (!rows.has(row.id)) rows.set(row.id, row);
    }
    for (const total of table.totals ?? []) if (!totals.has(total.id)) totals.set(total.id, total);
  }
  const sorted = [...rows.values()].sort(({ rank: one = 0 }, { rank: other = 0 }) => one - other);
  return { columns: first.columns, rows: sorted, totals: byState([...totals.values()]), problems: [...problems] };
}

/** What a host tells instead of a table that cannot be read. */
function isProblem({ id, cells }: PanelRow): boolean {
  return id === "error" && "error" in cells;
}

function byState(totals: readonly PanelTotal[]): readonly PanelTotal[] {
  const sums = new Map<string, PanelTotal>();
  for (const { state, count, since } of totals) {
    const before = sums.get(state);
    const oldest = Math.min(since ?? Number.POSITIVE_INFINITY, before?.since ?? Number.POSITIVE_INFINITY);
    const sum = { id: state, state, count: count + (before?.count ?? 0) };
    sums.set(state, Number.isFinite(oldest) ? { ...sum, since: oldest } : sum);
  }
  return [...sums.values()].sort((one, other) => (one.state < other.state ? -1 : 1));
}
