import type { Answer, LastAnswer } from "./last-answer.ts";
import type { InspectionPanel, PanelTable } from "./panel.ts";
import { shownTable } from "./shown-table.ts";

const problemId = "error";
/** Before all rows of others: that some are missing is not left out. */
const problemRank = Number.MIN_SAFE_INTEGER;

/** What the panel shows now, cut to size. One that throws shows what it threw, one that hangs that it does. */
export function readPanel(panel: InspectionPanel, last: LastAnswer<PanelTable>): PanelTable {
  return tableOf(last.look(() => read(panel)));
}

/** The same for whoever asks once, and so waits for a panel that answers later. */
export async function askPanel(panel: InspectionPanel, last: LastAnswer<PanelTable>): Promise<PanelTable> {
  return tableOf(await last.answer(() => read(panel)));
}

/** Whether it only says that it cannot be read. */
export function isProblem({ columns }: PanelTable): boolean {
  return columns.length === 1 && columns[0]!.id === problemId;
}

/** Cut once for each reading, however often that is looked at. */
function read(panel: InspectionPanel): PanelTable | Promise<PanelTable> {
  const table = panel.read();
  return table instanceof Promise ? table.then(shownTable) : shownTable(table);
}

function tableOf(answer: Answer<PanelTable>): PanelTable {
  if (answer === "waiting") return { columns: [], rows: [] };
  if ("value" in answer) return answer.value;
  const cells = { error: answer.error instanceof Error ? answer.error.message : String(answer.error) };
  return {
    columns: [{ id: problemId, label: "This table cannot be read" }],
    rows: [{ id: problemId, cells, rank: problemRank }],
  };
}
