import type { PanelTable } from "@reeve/runtime/inspection";
import { expect, test } from "vitest";
import { merged } from "./merged.ts";

const table = (rows: PanelTable["rows"], totals?: PanelTable["totals"]): PanelTable => ({
  columns: [{ id: "id", label: "Id" }],
  rows,
  ...(totals && { totals }),
});
const row = (id: string, rank?: number) => ({ id, cells: { id }, ...(rank !== undefined && { rank }) });

test("what several hosts tell of stands once, and what needs a person comes first, whichever host tells of it", () => {
  const all = [table([row("b", 1), row("a")]), table([row("a"), row("stuck", -2), row("c", 1)])];
  expect(merged(all)!.rows.map(({ id }) => id)).toEqual(["stuck", "a", "b", "c"]);
  expect(merged([])).toBeUndefined();
});

test("totals of one state are added up, those of one id counted once, and the oldest is told", () => {
  const ours = { id: "a creating", state: "creating", count: 2, since: 50 };
  const all = [
    table([], [ours, { id: "a available", state: "available", count: 7 }]),
    table([], [ours, { id: "b creating", state: "creating", count: 3, since: 20 }]),
  ];
  expect(merged(all)!.totals).toEqual([
    { id: "available", state: "available", count: 7 },
    { id: "creating", state: "creating", count: 5, since: 20 },
  ]);
});

test("a host whose table cannot be read takes neither columns nor rows from the others", () => {
  const broken = { columns: [{ id: "error", label: "E" }], rows: [{ id: "error", cells: { error: "closed" } }] };
  const told = merged([broken, table([row("a")]), broken])!;
  expect([told.columns, told.rows.map(({ id }) => id), told.problems]).toEqual([
    [{ id: "id", label: "Id" }],
    ["a"],
    ["closed"],
  ]);
});
