import type { Answer, LastAnswer } from "./last-answer.ts";
import type { InspectionPanel, PanelTable } from "./panel.ts";
import { shownTable } from "./shown-table.ts";

const problemId = "error";

/** What the panel shows now, cut to size. One that throws shows what it threw, one that hangs that it does. */
export function readPanel(panel: InspectionPanel, last: LastAnswer<PanelTable>): PanelTable {
  return shownPanel(() => last.look(() => panel.read()));
}

/** The same for whoever asks once, and so waits for a panel that answers later. */
export async function askPanel(panel: InspectionPanel, last: LastAnswer<PanelTable>): Promise<PanelTable> {
  const answer = await last.answer(() => panel.read());
  return shownPanel(() => answer);
}

/** Whether it only says that it cannot be read. */
export function isProblem({ columns }: PanelTable): boolean {
  return columns.length === 1 && columns[0]!.id === problemId;
}

function shownPanel(look: () => Answer<PanelTable>): PanelTable {
  try {
    const answer = look();
    if (answer === "waiting") return { columns: [], rows: [] };
    if ("error" in answer) throw answer.error;
    return shownTable(answer.value);
  } catch (error) {
    const cells = { error: error instanceof Error ? error.message : String(error) };
    return { columns: [{ id: problemId, label: "This table cannot be read" }], rows: [{ id: problemId, cells }] };
  }
}
