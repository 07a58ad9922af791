import type { PanelRow } from "@reeve/runtime/inspection";

/** The rows that have the text in one of their cells, in whatever case; all of them where it is empty. */
export function rowsWith(rows: readonly PanelRow[], text: string): readonly PanelRow[] {
  const sought = text.trim().toLowerCase();
  if (sought === "") return rows;
  return rows.filter(({ cells }) => Object.values(cells).join(" ").toLowerCase().includes(sought));
}
