import { expect, test } from "vitest";
import { readNews } from "./news-reader.ts";
import type { PanelRow, PanelTable } from "./panel.ts";
import { shownTable } from "./shown-table.ts";

/** What another host reads of what is shown. */
function toldElsewhere(table: PanelTable): PanelTable {
  const told = { at: 1, tables: [{ panel: "p", table: shownTable(table) }] };
  return readNews("news", JSON.parse(JSON.stringify(told))).tables![0]!.table;
}

const columns = [{ id: "n", label: "N" }];
const rowsOf = (count: number, more: Omit<PanelRow, "id" | "cells"> = {}): PanelRow[] =>
  Array.from({ length: count }, (_, n) => ({ id: `r${n}`, cells: { n }, ...more }));

test("however much there is in the details, the rows are whole, and so are the totals", () => {
  const detail = { columns, rows: rowsOf(50) };
  const totals = [{ id: "t", state: "ready", count: 300 }];
  const table = toldElsewhere({ columns, rows: rowsOf(300, { detail }), totals });
  expect(table.rows.map(({ id, cells }) => ({ id, cells }))).toEqual(rowsOf(200));
  expect(table.rows[0]!.detail).toEqual(detail);
  expect(table.rows.at(-1)!.detail).toEqual({ "…": expect.stringContaining("left out") });
  expect(table.totals).toEqual(totals);
  expect(JSON.stringify(table).length).toBeLessThan(100_000);
});

test("a detail that is a value is cut as one, and does not take the table with it", () => {
  const detail = { list: Array.from({ length: 100_000 }, (_, n) => n) };
  const { rows } = toldElsewhere({ columns, rows: rowsOf(10, { detail }) });
  expect(rows).toHaveLength(10);
  expect((rows[0]!.detail as { list: unknown[] }).list.at(-1)).toMatch(/^… \d+ more$/);
});

test("what no table may hold is told as text, or not at all: other hosts would ignore all that is told with it", () => {
  const odd = {
    columns,
    rows: [
      { id: "a", cells: { n: { deep: [1] }, at: new Date(0), none: undefined }, rank: Number.NEGATIVE_INFINITY },
      { id: "b", cells: Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`c${n}`, n])), rank: Number.NaN },
    ],
    totals: [{ id: "t", state: "ready", count: Number.NaN, since: Number.NaN }],
  } as unknown as PanelTable;
  const { rows, totals } = toldElsewhere(odd);
  expect(rows[0]).toEqual({ id: "a", cells: { n: "{…}", at: "1970-01-01T00:00:00.000Z" } });
  expect(rows[1]!.rank).toBeUndefined();
  expect(totals).toEqual([{ id: "t", state: "ready", count: 0 }]);
});
