import { boundedValue } from "./bounded-value.ts";
import type { Answer, LastAnswer } from "./last-answer.ts";

const mostRows = 200;
/** A table within a table, with something in its cells. */
const limits = { depth: 10, nodes: 4_000, text: 300 };

/** What a cell holds, for showing it well. `reason` may be long; `state` is coloured as a manager's state is. */
export type CellKind = "text" | "number" | "time" | "state" | "manager" | "reason";

export interface PanelColumn {
  readonly id: string;
  readonly label: string;
  /** Default `text`. */
  readonly kind?: CellKind;
}

export interface PanelTable {
  readonly columns: readonly PanelColumn[];
  readonly rows: readonly PanelRow[];
}

export interface PanelRow {
  /** Unique in the fleet: rows of one id that several hosts show are one. */
  readonly id: string;
  readonly cells: Readonly<Record<string, string | number | boolean | null>>;
  /** Shown when the row is opened: why a host was chosen, what a capability report holds. */
  readonly detail?: PanelTable | Readonly<Record<string, unknown>>;
}

/**
 * A table that a host shows beside its managers: capabilities, placements, crashed work. The page draws any of them, so a
 * new one needs no change there. Panels of one id from several hosts are shown as one.
 */
export interface InspectionPanel {
  readonly id: string;
  readonly title: string;
  /** What an empty table means. */
  readonly empty?: string;
  /**
   * The newest rows first, as many as are worth reading; 200 are shown. Asked about once a second while somebody looks at the
   * panel, never twice at a time. An answer that comes later is shown a second later; one that does not come within 2 s says so.
   */
  read(): PanelTable | Promise<PanelTable>;
}

/** What the panel shows now, cut to size. One that throws shows what it threw, one that hangs that it does. */
export function readPanel(panel: InspectionPanel, last: LastAnswer<PanelTable>): PanelTable {
  return shownPanel(() => last.look(() => panel.read()));
}

/** The same for whoever asks once, and so waits for a panel that answers later. */
export async function askPanel(panel: InspectionPanel, last: LastAnswer<PanelTable>): Promise<PanelTable> {
  const answer = await last.answer(() => panel.read());
  return shownPanel(() => answer);
}

function shownPanel(look: () => Answer<PanelTable>): PanelTable {
  try {
    const answer = look();
    if (answer === "waiting") return { columns: [], rows: [] };
    if ("error" in answer) throw answer.error;
    const { columns, rows } = answer.value;
    return boundedValue({ columns, rows: rows.slice(0, mostRows) }, limits) as PanelTable;
  } catch (error) {
    const cells = { error: error instanceof Error ? error.message : String(error) };
    return { columns: [{ id: "error", label: "This table cannot be read" }], rows: [{ id: "error", cells }] };
  }
}
