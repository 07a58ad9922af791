import type { AuditRecord } from "@reeve/runtime/host";
import type { PanelColumn, PanelRow } from "@reeve/runtime/inspection";
import type { JSX } from "preact";
import { rowsWith } from "../panels/rows-with.ts";
import { Table } from "../panels/table.tsx";
import { useAsked } from "../state/asked.ts";
import { durationText } from "../state/number-text.ts";
import { whomText } from "../state/whom-text.ts";

const columns: readonly PanelColumn[] = [
  { id: "at", label: "At", kind: "time" },
  { id: "who", label: "Who" },
  { id: "from", label: "From" },
  { id: "what", label: "What" },
  { id: "manager", label: "Manager", kind: "manager" },
  { id: "outcome", label: "Outcome", kind: "state" },
  { id: "detail", label: "Detail", kind: "reason" },
  { id: "took", label: "Took" },
  { id: "request", label: "Request" },
];

interface Props {
  readonly instance: string;
  readonly host: string;
  /** Only what has this in it is shown. */
  readonly sought: string;
}

/** The newest actions on one host, in the order of time. */
export function AuditOf({ instance, host, sought }: Props): JSX.Element {
  const question = { instance, operation: "audit", input: { limit: 100 } };
  const { asked } = useAsked<{ readonly items: readonly AuditRecord[] }>(question, instance);
  const { answer, refusal } = asked.value;
  if (refusal !== undefined) return <p class="empty">{refusal}</p>;
  if (!answer) return <p class="empty">Asking the host…</p>;
  if (answer.items.length === 0) return <p class="empty">Nothing was done to this host since it started.</p>;
  const rows = rowsWith(answer.items.map(rowOf).sort(byTime), sought);
  if (rows.length === 0) return <p class="empty">Nothing fits the filter.</p>;
  return <Table columns={columns} rows={rows} label={`Audit of ${host}`} />;
}

function byTime({ cells: { at: one } }: PanelRow, { cells: { at: other } }: PanelRow): number {
  return Number(one) - Number(other);
}

function rowOf({
  at,
  user,
  tenant,
  peer,
  remote,
  operation,
  manager,
  outcome,
  error,
  detail,
  times,
  requestId,
  tookMs,
}: AuditRecord): PanelRow {
  const told = [detail, error && `${error.reason}: ${error.message}`, times > 1 ? `${times} times` : null].filter(
    (one) => one !== null && one !== undefined,
  );
  const cells = {
    at,
    who: whomText({ user, tenant }),
    from: remote ? peer : "this process",
    what: operation,
    manager,
    request: requestId,
    outcome,
    took: tookMs === null ? null : durationText(tookMs),
    detail: told.join(" · "),
  };
  return { id: `${at} ${peer} ${operation} ${manager}`, cells };
}
