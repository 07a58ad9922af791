import type { PanelRow, PanelTable } from "@reeve/runtime/inspection";
import type { JSX } from "preact";
import { FilterField } from "../shell/filter-field.tsx";
import { fleet } from "../state/page.ts";
import { filterOf } from "../state/route.ts";
import { rowsWith } from "./rows-with.ts";
import { Table } from "./table.tsx";

/** A table that the hosts offer, whatever it is about: what comes later needs no new page. */
export function PanelPage({ id }: { readonly id: string }): JSX.Element {
  fleet.revision.value;
  const sought = filterOf("find");
  const head = fleet.panels().find((one) => one.id === id);
  const table = merged(fleet.tables(id));
  const rows = table && rowsWith(table.rows, sought);
  return (
    <section class="card panel" aria-labelledby="panel-title">
      <div class="card-head">
        <h1 id="panel-title">{head?.title ?? id}</h1>
        <FilterField label={`Filter ${head?.title ?? id}`} placeholder="Filter" />
      </div>
      {!table ? (
        <p class="empty">Asking the hosts…</p>
      ) : !rows || rows.length === 0 ? (
        <p class="empty">{sought.trim() ? "Nothing fits the filter." : (head?.empty ?? "Nothing to show.")}</p>
      ) : (
        <Table columns={table.columns} rows={rows} label={head?.title ?? id} />
      )}
    </section>
  );
}

/** The tables of all hosts as one. A row that several hosts tell of, because each hears the whole fleet, stands once. */
function merged(all: readonly PanelTable[]): PanelTable | undefined {
  const first = all.find(({ rows }) => rows.length > 0) ?? all[0];
  if (!first) return undefined;
  const rows = new Map<string, PanelRow>();
  for (const table of all) for (const row of table.rows) if (!rows.has(row.id)) rows.set(row.id, row);
  return { columns: first.columns, rows: [...rows.values()] };
}
