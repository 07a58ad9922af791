import type { WorkInfo } from "@reeve/runtime/host";
import type { PanelColumn, PanelRow } from "@reeve/runtime/inspection";
import type { JSX } from "preact";
import { Table } from "../panels/table.tsx";
import { ageText } from "../state/clock.ts";
import { shownNow } from "../state/page.ts";
import { whomText } from "../state/whom-text.ts";
import type { Told } from "./told-work.ts";

const ofFailure = ["failures", "error"];
const columns: readonly PanelColumn[] = [
  { id: "resource", label: "Resource" },
  { id: "kind", label: "Kind" },
  { id: "state", label: "State", kind: "state" },
  { id: "age", label: "Age" },
  { id: "manager", label: "Held by", kind: "manager" },
  { id: "failures", label: "Failed attempts", kind: "number" },
  { id: "next", label: "Next" },
  { id: "error", label: "Last error", kind: "reason" },
  { id: "whom", label: "For" },
];

interface Props {
  readonly work: readonly Told<WorkInfo>[];
  readonly label: string;
}

/** Rows of work journals; what is said of failures only where there are some. */
export function WorkTable({ work, label }: Props): JSX.Element {
  const failed = work.some(({ item: { failures, lastError } }) => failures > 0 || lastError !== null);
  const shown = failed ? columns : columns.filter(({ id }) => !ofFailure.includes(id));
  return <Table columns={shown} rows={work.map(rowOf)} label={label} />;
}

function rowOf({ item }: Told<WorkInfo>): PanelRow {
  const { id, resource, kind, state, begunAt, manager, failures, lastError, user, tenant } = item;
  const whom = user === null ? null : whomText({ user, tenant });
  const age = ageText(shownNow() - begunAt);
  return { id, cells: { resource, kind, state, age, manager, failures, next: nextOf(item), error: lastError, whom } };
}

function nextOf({ state, nextAt, waitingFor, manager, begunBy }: WorkInfo): string | null {
  if (waitingFor) return `when ${waitingFor.driver}: ${waitingFor.method} has returned`;
  if (nextAt !== null) return nextAt > shownNow() ? `in ${ageText(nextAt - shownNow())}` : "now";
  if (state === "failed") return "is tried now";
  if (state === "left") return `when ${manager} starts, or by host.cleanup`;
  return manager.endsWith(`/${begunBy}`) ? null : `begun by ${begunBy}`;
}
