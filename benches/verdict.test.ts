import { expect, test } from "vitest";
import type { Figure } from "./figure.ts";
import { tableOf } from "./table.ts";
import { verdictOn } from "./verdict.ts";

const figure: Figure = { id: "", ours: 0, peer: null, ratio: null, unit: "ms", peerName: null };

test("a figure is held to its goal, by ratio or by itself", () => {
  expect(verdictOn({ ...figure, id: "local.moleculer", ours: 1, ratio: 4 })).toEqual({ goal: "≥ 4", met: true });
  expect(verdictOn({ ...figure, id: "local.moleculer", ours: 9e9, ratio: 3.99 })).toMatchObject({ met: false });
  expect(verdictOn({ ...figure, id: "rpc.1.nats", ratio: 1.06 })).toEqual({ goal: "≤ 1.05", met: false });
  expect(verdictOn({ ...figure, id: "start.one", ours: 300 })).toMatchObject({ met: true });
  expect(verdictOn({ ...figure, id: "start.one", ours: 301 })).toMatchObject({ met: false });
  expect(verdictOn({ ...figure, id: "inspector.viewer", ours: 1 })).toEqual({ goal: "", met: undefined });
});

test("the table says what was missed", () => {
  const missed = {
    ...figure,
    id: "local.moleculer",
    ours: 1_234_567,
    peer: 400_000,
    ratio: 3.09,
    peerName: "Moleculer",
  };
  const [head, row] = tableOf([missed]).split("\n");
  expect(head).toMatch(/^figure +ours +peer +ratio +goal +unit, peer$/);
  expect(row).toBe("local.moleculer  1,234,567  400,000  3.09   ≥ 4   MISSED  ms, Moleculer");
});
