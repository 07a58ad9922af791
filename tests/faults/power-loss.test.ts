import { expect, type TestContext, test, vi } from "vitest";
import type { FindingKind } from "../power-loss/checker.ts";
import { replay } from "../power-loss/replay.ts";
import { expectExplained, openScene, told } from "../power-loss/scene.ts";
import { countSyncs, lying } from "../power-loss/syncs.ts";
import type { Record } from "../power-loss/write-log.ts";
import { hold, long } from "./figure.ts";

vi.setConfig({ testTimeout: 1_800_000 });

const sacks = long ? 200 : 50;
const cuts = long ? 3_000 : 80;
const controlCuts = long ? 300 : 50;

const figures: readonly { readonly kind: FindingKind; readonly invariant: string }[] = [
  { kind: "lost", invariant: "cuts with an acknowledged change lost" },
  { kind: "shown", invariant: "cuts with something shown to a reader lost" },
  { kind: "half", invariant: "cuts with a transaction there by half" },
  { kind: "corrupt", invariant: "cuts with a damaged store" },
];

interface Run {
  readonly records: readonly Record[];
  readonly seed: number;
}

let run: Run | undefined;

/** Two lives, one that stops and one that is killed: recorded once for all tests here. */
async function recorded(context: TestContext): Promise<Run> {
  if (run) return run;
  using scene = openScene(context);
  const { recording, seed } = scene;
  const life = { sacks, outstanding: 32, checkpointFrames: long ? 100 : 40 };
  await recording.live("granary.fixture.ts", { ...life, ends: "stop" });
  await recording.live("granary.fixture.ts", life);
  expectExplained(recording);
  run = { records: recording.records(), seed };
  return run;
}

test("a loss of power, at any moment, takes nothing that was acknowledged or shown, and no part of a transaction", async (context) => {
  const { records, seed } = await recorded(context);
  const fault = `power loss, seed ${seed}`;
  // Those of a creation and of a stop are not counted.
  const checkpoints = countSyncs(records, ".sqlite") - 2;
  hold({ fault, invariant: "checkpoints meanwhile", bound: { atLeast: 1 }, figure: checkpoints });
  const verdict = await replay(records, { seed, cuts, resume: 0.03 });
  hold({ fault, invariant: "cuts", bound: { is: cuts }, figure: verdict.cuts });
  expect.soft(verdict.losses.length, told(verdict, seed)).toBe(0);
  for (const { kind, invariant } of figures) {
    hold({ fault, invariant, bound: { is: 0 }, figure: verdict.count(kind) });
  }
});

/** A checker that finds nothing where a sync is missing proves nothing. */
const controls: readonly { readonly fault: string; readonly lie: string; readonly finds: readonly FindingKind[] }[] = [
  { fault: "commits are acknowledged before the sync of the log", lie: "-wal", finds: ["lost", "shown"] },
  { fault: "a checkpoint empties the log before its pages are synced", lie: ".sqlite", finds: ["lost"] },
  { fault: "the log is synced, and its name is not", lie: ".", finds: ["lost"] },
];

test.for(controls)("$fault: the replay finds it", async ({ lie, finds }, context) => {
  const { records, seed } = await recorded(context);
  const verdict = await replay(lying(records, lie), { seed, cuts: controlCuts });
  expect(verdict.losses.length, told(verdict, seed)).toBeGreaterThan(0);
  // A short run has too few cuts for each kind.
  if (long) for (const kind of finds) expect(verdict.count(kind), told(verdict, seed)).toBeGreaterThan(0);
});
