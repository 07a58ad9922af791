import { expect, test, vi } from "vitest";
import { replay } from "./replay.ts";
import { expectExplained, expectWrittenAgain, openScene, told } from "./scene.ts";

vi.setConfig({ testTimeout: 180_000 });

// The kernel tells of what it could not write once, and takes it for written from then on.
test.for([
  { of: "the log", ending: "-wal", syncs: [1, 40] },
  { of: "the database, by a checkpoint", ending: ".sqlite", syncs: [1, 2] },
] as const)(
  "a sync of $of that fails acknowledges nothing, and no later one makes up for it",
  async ({ ending, syncs: [least, most] }, context) => {
    using scene = openScene(context);
    const { recording, seed } = scene;
    const sync = least + (seed % (most - least + 1));
    const life = { sacks: 60, outstanding: 16, checkpointFrames: 50 };
    await recording.live("granary.fixture.ts", life, { fail: { ending, sync } });
    expectExplained(recording);
    const records = recording.records();
    const from = records.findIndex((record) => record.kind === "synced" && record.outcome === "failed");
    expect(from).toBeGreaterThan(0);
    expectWrittenAgain(records, seed);
    const verdict = await replay(records, { seed, cuts: 30, from });
    expect(verdict.losses.length, `sync ${sync} of ${ending} fails; ${told(verdict, seed)}`).toBe(0);
  },
);
