import type { JSX } from "preact";
import { fleet } from "../state/page.ts";
import { merged } from "./merged.ts";
import { rowsWith } from "./rows-with.ts";
import { Table } from "./table.tsx";
import { Totals } from "./totals.tsx";

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
        <Table columns={table.columns} rows={rows} label={head?.title ?? id} />
      )}
    </>
  );
}
