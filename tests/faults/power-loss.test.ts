import { expect, test, vi } from "vitest";
import type { FindingKind } from "../power-loss/checker.ts";
import { replay } from "../power-loss/replay.ts";
import { expectExplained, openScene, told } from "../power-loss/scene.ts";
import { countSyncs } from "../power-loss/syncs.ts";
import { hold, long } from "./figure.ts";

vi.setConfig({ testTimeout: 1_800_000 });

const sacks = long ? 200 : 80;
const cuts = long ? 3_000 : 250;

const figures: readonly { readonly kind: FindingKind; readonly invariant: string }[] = [
  { kind: "lost", invariant: "cuts with an acknowledged change lost" },
  { kind: "shown", invariant: "cuts with something shown to a reader lost" },
  { kind: "half", invariant: "cuts with a transaction there by half" },
  { kind: "corrupt", invariant: "cuts with a damaged store" },
];

test("a loss of power, at any moment, takes nothing that was acknowledged or shown, and no part of a transaction", async (context) => {
  using scene = openScene(context);
  const { recording, seed } = scene;
  const fault = `power loss, seed ${seed}`;
  const life = { sacks, outstanding: 32, checkpointFrames: 100 };
  await recording.live("granary.fixture.ts", { ...life, ends: "stop" });
  await recording.live("granary.fixture.ts", life);
  expectExplained(recording);
  // Those of a creation and of a stop are not counted.
  const checkpoints = countSyncs(recording.records(), ".sqlite") - 2;
  hold({ fault, invariant: "checkpoints meanwhile", bound: { atLeast: 3 }, figure: checkpoints });
  const verdict = await replay(recording.records(), { seed, cuts, resume: 0.03 });
  hold({ fault, invariant: "cuts", bound: { is: cuts }, figure: verdict.cuts });
  expect.soft(verdict.losses.length, told(verdict, seed)).toBe(0);
  for (const { kind, invariant } of figures) {
    hold({ fault, invariant, bound: { is: 0 }, figure: verdict.count(kind) });
  }
});
