import { expect, test } from "vitest";
import type { Explanation } from "./explanation.ts";
import { placementPanel } from "./placement-panel.ts";

const placement: Explanation = {
  request: "volume-7",
  manager: "volume",
  address: "a@ssd",
  decidedMsAgo: 4_400,
  considered: 3,
  rejections: [{ filter: "capacity", hosts: 1, examples: ["c@ssd"] }],
  candidates: 2,
  tied: 1,
  ranking: [
    { address: "a@ssd", score: 1, weights: [{ weigher: "free", value: 812.345, score: 1 }] },
    { address: "b@ssd", score: 0.25, weights: [{ weigher: "free", value: 100, score: 0.25 }] },
  ],
};

test("a placement is told with where it went, why, and who else was considered", async () => {
  const {
    rows: [row],
  } = await placementPanel(() => [placement]).read();
  expect(row!.cells).toEqual({
    request: "volume-7",
    chosen: "volume/a@ssd",
    why: 'the best of 2 that fitted, 3 known; the filter "capacity" turned away 1',
    age: 4,
  });
  expect(row!.detail).toMatchObject({
    rows: [
      { cells: { host: "a@ssd", verdict: "chosen", score: 1, why: "free 812 → 1" } },
      { cells: { host: "b@ssd", verdict: "candidate", score: 0.25, why: "free 100 → 0.25" } },
      { cells: { host: "c@ssd", verdict: "rejected", score: null, why: 'by the filter "capacity"' } },
    ],
  });
});

test("a placement that found no host says what turned the hosts away", async () => {
  const nowhere = { ...placement, address: null, candidates: 0, tied: 0, ranking: [], considered: 1 };
  const panel = placementPanel(() => [nowhere, { ...nowhere, request: "other", considered: 0, rejections: [] }]);
  const { rows } = await panel.read();
  expect(rows.map(({ cells }) => [cells.chosen, cells.why])).toEqual([
    [null, 'none of 1 fitted: the filter "capacity" turned away 1'],
    [null, "no host was known"],
  ]);
});

test("a host that a filter turned away reads as what it is, not as what the filter asks for", async () => {
  const rejections = [{ filter: "ready", hosts: 2, examples: ["b@ssd", "c@ssd"] }];
  const { rows } = await placementPanel(() => [{ ...placement, rejections }]).read();
  expect(rows[0]!.cells.why).toBe("the best of 2 that fitted, 3 known; 2 not ready");
  expect(JSON.stringify(rows[0]!.detail)).toContain('"why":"not ready, as 2 in all"');
});
