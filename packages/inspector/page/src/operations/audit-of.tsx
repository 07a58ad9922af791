import type { AuditRecord } from "@reeve/runtime/host";
import type { PanelColumn, PanelRow } from "@reeve/runtime/inspection";
import type { JSX } from "preact";
import { Table } from "../panels/table.tsx";
import { useAsked } from "../state/asked.ts";

const columns: readonly PanelColumn[] = [
  { id: "at", label: "At", kind: "time" },
  { id: "who", label: "Who" },
  { id: "from", label: "From" },
  { id: "what", label: "What" },
  { id: "manager", label: "Manager", kind: "manager" },
  { id: "outcome", label: "Outcome", kind: "state" },
  { id: "detail", label: "Detail", kind: "reason" },
];

/** The newest actions on one host. */
export function AuditOf({ instance, host }: { readonly instance: string; readonly host: string }): JSX.Element {
  const question = { instance, operation: "audit", input: { limit: 100 } };
  const { asked } = useAsked<{ readonly items: readonly AuditRecord[] }>(question, instance);
  const { answer, refusal } = asked.value;
  if (refusal !== undefined) return <p class="empty">{refusal}</p>;
  if (!answer) return <p class="empty">Asking the host…</p>;
  if (answer.items.length === 0) return <p class="empty">Nothing was done to this host since it started.</p>;
  return <Table columns={columns} rows={answer.items.map(rowOf)} label={`Audit of ${host}`} />;
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
}: AuditRecord): PanelRow {
  const told = [detail, error?.message, times > 1 ? `${times} times` : null].filter(
    (one) => one !== null && one !== undefined,
  );
  const cells = {
    at,
    who: tenant === null ? user : `${user} (${tenant})`,
    from: remote ? peer : "this process",
    what: operation,
    manager,
    outcome,
    detail: told.join(" · "),
  };
  return { id: `${at} ${peer} ${operation} ${manager}`, cells };
}
