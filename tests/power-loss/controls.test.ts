import { expect, test, vi } from "vitest";
import type { FindingKind } from "./checker.ts";
import { replay } from "./replay.ts";
import { expectExplained, openScene, told } from "./scene.ts";

vi.setConfig({ testTimeout: 180_000 });

const life = { sacks: 40, outstanding: 16, checkpointFrames: 100 } as const;

/** A checker that finds nothing where a sync is missing proves nothing. */
const controls: readonly { readonly fault: string; readonly lie: string; readonly finds: readonly FindingKind[] }[] = [
  { fault: "commits are acknowledged before the sync of the log", lie: "-wal", finds: ["lost", "shown"] },
  { fault: "a checkpoint empties the log before its pages are synced", lie: ".sqlite", finds: ["lost"] },
  { fault: "the log is synced, and its name is not", lie: ".", finds: ["lost"] },
];

test.for(controls)("$fault: the replay finds it", async ({ lie, finds }, context) => {
  using scene = openScene(context);
  const { recording, seed } = scene;
  await recording.live("granary.fixture.ts", { ...life, ends: "stop" }, { lie: [lie] });
  await recording.live("granary.fixture.ts", life, { lie: [lie] });
  expectExplained(recording);
  const verdict = await replay(recording.records(), { seed, cuts: 60 });
  for (const kind of finds) expect(verdict.count(kind), told(verdict, seed)).toBeGreaterThan(0);
});
