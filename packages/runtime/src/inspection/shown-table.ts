import { boundedValue } from "./bounded-value.ts";
import type { PanelRow, PanelTable, PanelTotal } from "./panel.ts";

const mostRows = 200;
const mostTotals = 20;
const mostColumns = 50;
/** A row with its cells, and nothing in these. */
const flat = { depth: 2, nodes: 4 * mostColumns, text: 300 };
/** Of all details of a table together: those of the first rows have room. */
const mostInDetails = 4_000;
const detailLimits = { depth: 8, nodes: 1_000, text: 300 };

/** As many as are shown, those of the lowest rank first. */
export function firstRows(rows: readonly PanelRow[]): readonly PanelRow[] {
  return [...rows].sort(({ rank: one = 0 }, { rank: other = 0 }) => one - other).slice(0, mostRows);
}

/**
 * A copy that is cut to size. What is left out is left out whole: what is shown of a table has the shape that others expect, whatever
 * it was given.
 */
export function shownTable({ columns, rows, totals }: PanelTable): PanelTable {
  let room = mostInDetails;
  const shownRow = ({ detail, ...row }: PanelRow): PanelRow => {
    const shown = flatRow(row);
    if (detail === undefined) return shown;
    if (room <= 0) return { ...shown, detail: { "…": "left out: the details of the rows above take all the room" } };
    const cut = shownDetail(detail);
    room -= sizeOf(cut);
    return { ...shown, detail: cut };
  };
  return {
    columns: shownColumns(columns),
    rows: firstRows(rows).map(shownRow),
    ...(totals && { totals: totals.slice(0, mostTotals).map(shownTotal) }),
  };
}

function shownColumns(columns: PanelTable["columns"]): PanelTable["columns"] {
  return columns.slice(0, mostColumns).map((column) => boundedValue(column, flat) as typeof column);
}

function flatRow({ id, cells, rank }: PanelRow): PanelRow {
  return boundedValue({ id, cells, ...(Number.isFinite(rank) && { rank }) }, flat) as PanelRow;
}

function shownTotal({ id, state, count, since }: PanelTotal): PanelTotal {
  const oldest = Number.isFinite(since) && { since };
  return boundedValue({ id, state, count: Number.isFinite(count) ? count : 0, ...oldest }, flat) as PanelTotal;
}

function shownDetail(detail: NonNullable<PanelRow["detail"]>): NonNullable<PanelRow["detail"]> {
  if (!isTable(detail)) return boundedValue(detail, detailLimits) as Readonly<Record<string, unknown>>;
  return { columns: shownColumns(detail.columns), rows: firstRows(detail.rows).map(flatRow) };
}

function isTable(detail: NonNullable<PanelRow["detail"]>): detail is PanelTable {
  return Array.isArray(detail.columns) && Array.isArray(detail.rows);
}

function sizeOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, one) => sum + sizeOf(one), 1);
}
