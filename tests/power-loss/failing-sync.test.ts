import { expect, test, vi } from "vitest";
import { replay } from "./replay.ts";
import { expectExplained, openScene, told } from "./scene.ts";

vi.setConfig({ testTimeout: 180_000 });

const checkpointFrames = 100;

test("a sync of the log that fails acknowledges nothing, and no later one makes up for it", async (context) => {
  using scene = openScene(context);
  const { recording, seed } = scene;
  const sync = 20 + (seed % 60);
  const fail = { ending: "-wal", sync };
  await recording.live("granary.fixture.ts", { sacks: 60, outstanding: 16, checkpointFrames }, { fail });
  expectExplained(recording);
  expect(recording.records().filter((record) => record.kind === "synced" && record.outcome === "failed")).toHaveLength(
    1,
  );
  const verdict = await replay(recording.records(), { seed, cuts: 100 });
  expect(verdict.losses.length, `sync ${sync} of the log fails; ${told(verdict, seed)}`).toBe(0);
});
