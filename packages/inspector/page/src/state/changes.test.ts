import { expect, test } from "vitest";
import { Changes } from "./changes.ts";

const lost = (since: number) => ({ is: "lost", since }) as const;
const told = (changes: Changes) => changes.all.map(({ names, state, event }) => [names.join(" "), state, event]);

test("a host that is lost is one line, and another when it is heard again; a short silence is none", () => {
  const changes = new Changes();
  changes.heard("block-01", { is: "silent", since: 900 }, 1_000);
  changes.heard("block-01", { is: "current" }, 1_100);
  expect(changes.all).toEqual([]);
  changes.heard("block-01", lost(2_000), 7_000);
  changes.heard("block-01", lost(2_000), 8_000);
  changes.heard("block-01", { is: "current" }, 9_000);
  expect(told(changes)).toEqual([
    ["block-01", "lost", "since it was last heard"],
    ["block-01", expect.any(String), "heard again"],
  ]);
});

test("hosts that are lost within two seconds are one line", () => {
  const changes = new Changes();
  for (const [index, since] of [1_000, 2_900, 3_100].entries()) changes.heard(`block-0${index}`, lost(since), 9_000);
  expect(changes.all.map(({ names }) => names)).toEqual([["block-00", "block-01"], ["block-02"]]);
});

test("a step that is told again, as after a reconnect, is one line", () => {
  const changes = new Changes();
  const step = { at: 1, event: "boot", value: "serving", causes: [], epoch: 1 };
  for (let time = 0; time < 2; time++) changes.add([{ name: "volume/a", step }]);
  expect(changes.all).toHaveLength(1);
});
