import type { CastInfo } from "@reeve/runtime/host";
import type { PanelColumn, PanelRow } from "@reeve/runtime/inspection";
import type { JSX } from "preact";
import { Table } from "../panels/table.tsx";
import { ageText } from "../state/clock.ts";
import { shownNow } from "../state/page.ts";
import { whomText } from "../state/whom-text.ts";
import type { Told } from "./told-work.ts";

const columns: readonly PanelColumn[] = [
  { id: "cast", label: "Cast" },
  { id: "state", label: "State", kind: "state" },
  { id: "age", label: "Age" },
  { id: "holder", label: "Cast by" },
  { id: "address", label: "Sent to" },
  { id: "attempts", label: "Attempts", kind: "number" },
  { id: "next", label: "Next" },
  { id: "error", label: "Last error", kind: "reason" },
  { id: "whom", label: "For" },
];

/** Durable casts that are not carried out yet. */
export function CastTable({ casts }: { readonly casts: readonly Told<CastInfo>[] }): JSX.Element {
  return <Table columns={columns} rows={casts.map(rowOf)} label="Casts on their way" />;
}

function rowOf({ item }: Told<CastInfo>): PanelRow {
  const { id, manager, operation, state, createdAt, holder, address, attempts, nextAt, lastError } = item;
  const now = shownNow();
  const cells = {
    cast: `${manager}.${operation}`,
    state: state === "waiting" && attempts > 0 ? "retrying" : state,
    age: ageText(now - createdAt),
    ...{ holder, address, attempts, error: lastError, whom: whomText(item) },
    next: nextAt === null ? null : nextAt > now ? `in ${ageText(nextAt - now)}` : "now",
  };
  return { id, cells };
}
