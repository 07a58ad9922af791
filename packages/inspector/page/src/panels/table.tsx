import { useSignal } from "@preact/signals";
import type { PanelColumn, PanelRow, PanelTable } from "@reeve/runtime/inspection";
import type { JSX } from "preact";
import { JsonTree } from "../shell/json-tree.tsx";
import { type Head, RowTable } from "../shell/row-table.tsx";
import { StatePill } from "../shell/state-pill.tsx";
import { Age, Time } from "../shell/time.tsx";
import { toneOf } from "../state/manager-view.ts";
import { countText } from "../state/number-text.ts";
import { linkTo } from "../state/route.ts";

const detailsHead: Head = { label: "Details", class: "unfold-column", hidden: true };

interface Props {
  readonly columns: readonly PanelColumn[];
  readonly rows: readonly PanelRow[];
  readonly label: string;
}

export function Table({ columns, rows, label }: Props): JSX.Element {
  /** Ids of rows. Not a state of its row, which may go out of sight meanwhile. */
  const open = useSignal<ReadonlySet<string>>(new Set());
  const unfold = (id: string): void => {
    const next = new Set(open.value);
    if (!next.delete(id)) next.add(id);
    open.value = next;
  };
  const details = rows.some(({ detail }) => detail !== undefined);
  const heads = columns.map(({ label: head, kind }) => ({ label: head, class: `kind-${kind ?? "text"}` }));
  return (
    <RowTable
      label={label}
      heads={details ? [detailsHead, ...heads] : heads}
      items={rows}
      keyOf={({ id }) => id}
      row={(row) => (
        <Row
          key={row.id}
          row={row}
          columns={columns}
          details={details}
          open={open.value.has(row.id)}
          onUnfold={() => unfold(row.id)}
        />
      )}
    />
  );
}

interface RowProps {
  readonly row: PanelRow;
  readonly columns: readonly PanelColumn[];
  readonly details: boolean;
  readonly open: boolean;
  readonly onUnfold: () => void;
}

function Row({ row, columns, details, open, onUnfold }: RowProps): JSX.Element {
  return (
    <>
      <tr data-row={row.id}>
        {details && (
          <td class="unfold-column">
            {row.detail !== undefined && (
              <button
                type="button"
                class="unfold"
                aria-expanded={open}
                aria-label={`Details of ${row.id}`}
                onClick={onUnfold}
              >
                <span class={open ? "fold" : "fold folded"} aria-hidden="true" />
              </button>
            )}
          </td>
        )}
        {columns.map((column) => (
          <td key={column.id} class={`kind-${column.kind ?? "text"}`} data-label={column.label}>
            <Cell column={column} value={row.cells[column.id]} />
          </td>
        ))}
      </tr>
      {open && row.detail !== undefined && (
        <tr class="detail-row">
          <td colSpan={columns.length + 1}>
            {isTable(row.detail) ? (
              <Table columns={row.detail.columns} rows={row.detail.rows} label={`Details of ${row.id}`} />
            ) : (
              <JsonTree value={row.detail} />
            )}
          </td>
        </tr>
      )}
    </>
  );
}

function isTable(detail: NonNullable<PanelRow["detail"]>): detail is PanelTable {
  return Array.isArray(detail.columns) && Array.isArray(detail.rows);
}

function Cell({
  column,
  value,
}: {
  readonly column: PanelColumn;
  readonly value: PanelRow["cells"][string] | undefined;
}): JSX.Element {
  if (value === null || value === undefined) return <span class="muted">–</span>;
  if (column.kind === "state") return <StatePill state={String(value)} tone={toneOf(String(value))} />;
  if (column.kind === "time" && typeof value === "number") return <Time at={value} />;
  if (column.kind === "age" && typeof value === "number") return <Age at={value} />;
  if (column.kind === "number" && typeof value === "number") return <>{countText(value)}</>;
  if (column.kind === "manager") return <a href={linkTo.manager(String(value))}>{value}</a>;
  return <>{String(value)}</>;
}
