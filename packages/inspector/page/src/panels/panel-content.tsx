import type { JSX } from "preact";
import { countText } from "../state/number-text.ts";
import { fleet } from "../state/page.ts";
import { merged } from "./merged.ts";
import { rowsWith } from "./rows-with.ts";
import { Table } from "./table.tsx";
import { Totals } from "./totals.tsx";

/** Of all hosts together: further down nobody reads, and the filter finds what is there. */
const mostShown = 500;

interface Props {
  readonly id: string;
  /** Only rows with this in them are shown. */
  readonly sought: string;
}

/** What the hosts tell in a panel, below its head. */
export function PanelContent({ id, sought }: Props): JSX.Element {
  const head = fleet.panels().find((one) => one.id === id);
  const table = merged(fleet.tables(id));
  if (!table) return <p class="empty">Asking the hosts…</p>;
  const rows = rowsWith(table.rows, sought);
  return (
    <>
      <Totals totals={table.totals} />
      {table.problems.map((problem) => (
        <p key={problem} class="muted may-look" role="note">
          Not all can be read: {problem}
        </p>
      ))}
      {rows.length === 0 ? (
        <p class="empty">{sought.trim() ? "Nothing fits the filter." : (head?.empty ?? "Nothing to show.")}</p>
      ) : (
        <Table columns={table.columns} rows={rows.slice(0, mostShown)} label={head?.title ?? id} />
      )}
      {rows.length > mostShown && (
        <p class="muted may-look">
          The first {mostShown} of {countText(rows.length)} rows.
        </p>
      )}
    </>
  );
}
