import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { LastAnswer } from "./last-answer.ts";
import type { PanelTable } from "./panel.ts";
import { askPanel, readPanel } from "./read-panel.ts";

const columns = [{ id: "n", label: "N" }];

test("a reading is cut to size once, however often it is looked at", async () => {
  const clock = new ManualClock();
  const last = new LastAnswer<PanelTable>(clock);
  let cut = 0;
  const row = {
    id: "r",
    cells: {},
    get rank() {
      cut++;
      return 1;
    },
  };
  const answered = Promise.withResolvers<PanelTable>();
  const panel = { id: "p", title: "P", read: () => answered.promise };
  expect(readPanel(panel, last)).toEqual({ columns: [], rows: [] });
  answered.resolve({ columns, rows: [row] });
  await clock.advance(1);
  const once = cut;
  expect(readPanel(panel, last).rows).toEqual([{ id: "r", cells: {}, rank: 1 }]);
  expect(readPanel(panel, last).rows).toHaveLength(1);
  expect([once > 0, cut]).toEqual([true, once]);
});

test.each([
  ["nothing", undefined],
  ["no rows", { columns }],
  ["a row that is none", { columns, rows: [null] }],
])("a panel that answers %s says that it cannot be read", async (_, answer) => {
  const panel = { id: "p", title: "P", read: () => answer as unknown as PanelTable };
  const problem = { id: "error", cells: { error: expect.any(String) }, rank: Number.MIN_SAFE_INTEGER };
  expect(readPanel(panel, new LastAnswer(new ManualClock())).rows).toEqual([problem]);
  const later = { ...panel, read: async () => panel.read() };
  expect((await askPanel(later, new LastAnswer(new ManualClock()))).rows).toEqual([problem]);
});
