import { useSignal } from "@preact/signals";
import type { PanelColumn, PanelRow, PanelTable } from "@reeve/runtime/inspection";
import type { JSX } from "preact";
import { fleet } from "../state/page.ts";
import { Table } from "./table.tsx";

/** A table that the hosts offer, whatever it is about: what comes later needs no new page. */
export function PanelPage({ id }: { readonly id: string }): JSX.Element {
  fleet.revision.value;
  const text = useSignal("");
  const head = fleet.panels().find((one) => one.id === id);
  const table = merged(fleet.tables.get(id));
  const sought = text.value.trim().toLowerCase();
  const rows =
    sought && table
      ? table.rows.filter(({ cells }) => Object.values(cells).join(" ").toLowerCase().includes(sought))
      : table?.rows;
  return (
    <section class="card panel" aria-labelledby="panel-title">
      <div class="card-head">
        <h1 id="panel-title">{head?.title ?? id}</h1>
        <input
          type="search"
          class="field"
          placeholder="Filter"
          aria-label={`Filter ${head?.title ?? id}`}
          value={text.value}
          onInput={({ currentTarget }) => (text.value = currentTarget.value)}
        />
      </div>
      {!table ? (
        <p class="empty">Asking the hosts…</p>
      ) : !rows || rows.length === 0 ? (
        <p class="empty">{sought ? "Nothing fits the filter." : (head?.empty ?? "Nothing to show.")}</p>
      ) : (
        <Table columns={table.columns} rows={rows} label={head?.title ?? id} />
      )}
    </section>
  );
}

/** The tables of all hosts as one, with a column for the host where there are several. */
function merged(tables: ReadonlyMap<string, PanelTable> | undefined): PanelTable | undefined {
  if (!tables || tables.size === 0) return undefined;
  const filled = [...tables].filter(([, { rows }]) => rows.length > 0);
  const [first] = filled.length > 0 ? filled : [...tables];
  if (filled.length < 2) return first![1];
  const hostColumn: PanelColumn = { id: "(host)", label: "Host" };
  const rows = filled.flatMap(([instance, table]) => {
    const host = fleet.hosts.get(instance)?.picture.facts?.host ?? instance;
    return table.rows.map(
      (row): PanelRow => ({ ...row, id: `${instance} ${row.id}`, cells: { ...row.cells, "(host)": host } }),
    );
  });
  return { columns: [hostColumn, ...first![1].columns], rows };
}
