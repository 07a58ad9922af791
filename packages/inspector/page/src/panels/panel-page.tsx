import type { JSX } from "preact";
import { FilterField } from "../shell/filter-field.tsx";
import { countText } from "../state/clock.ts";
import { fleet } from "../state/page.ts";
import { filterOf } from "../state/route.ts";
import { merged } from "./merged.ts";
import { rowsWith } from "./rows-with.ts";
import { Table } from "./table.tsx";
import { Totals } from "./totals.tsx";

/** Of all hosts together: further down nobody reads, and the filter finds what is there. */
const mostShown = 500;

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
      {table && <Totals totals={table.totals} />}
      {!table ? (
        <p class="empty">Asking the hosts…</p>
      ) : !rows || rows.length === 0 ? (
        <p class="empty">{sought.trim() ? "Nothing fits the filter." : (head?.empty ?? "Nothing to show.")}</p>
      ) : (
        <Table columns={table.columns} rows={rows.slice(0, mostShown)} label={head?.title ?? id} />
      )}
      {rows && rows.length > mostShown && (
        <p class="muted may-look">
          The first {mostShown} of {countText(rows.length)} rows.
        </p>
      )}
    </section>
  );
}
