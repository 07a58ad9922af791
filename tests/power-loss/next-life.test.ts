import { expect, test, vi } from "vitest";
import { long } from "../kit/long.ts";
import { replay } from "./replay.ts";
import { expectExplained, openScene, told } from "./scene.ts";

vi.setConfig({ testTimeout: 180_000 });

const checkpointFrames = 100;

// Killed between a commit and its sync, a process leaves commits that the next one reads and a loss of power takes back.
test.for([
  { who: "the supervisor that starts", program: "granary.fixture.ts" },
  // Opens it as a supervisor does, and reads even earlier.
  ...(long ? [{ who: "a reader of the store that is opened", program: "first-reader.fixture.ts" }] : []),
])("after kill -9 before a sync, $who shows nothing that a loss of power takes back", async ({ program }, context) => {
  using scene = openScene(context);
  const { recording, seed } = scene;
  const sync = 20 + (seed % 20);
  await recording.live(
    "granary.fixture.ts",
    { sacks: 60, outstanding: 16, checkpointFrames },
    { kill: { ending: "-wal", sync } },
  );
  await recording.live(program, { sacks: 10, outstanding: 4 });
  expectExplained(recording);
  const records = recording.records();
  const from = records.findLastIndex(({ kind }) => kind === "process");
  const verdict = await replay(records, { seed, cuts: 30, from });
  expect(verdict.losses.length, `killed at sync ${sync} of the log; ${told(verdict, seed)}`).toBe(0);
});

// The kernel takes what a failed sync let go for written, and shows it to whoever reads the file next, until the power is lost.
test("after a life that ended as a sync of the log had failed, nothing that this sync let go is shown or built upon", async (context) => {
  using scene = openScene(context);
  const { recording, seed } = scene;
  const sync = 1 + (seed % 20);
  await recording.live(
    "granary.fixture.ts",
    { sacks: 60, outstanding: 16, ends: "failure" },
    { fail: { ending: "-wal", sync } },
  );
  await recording.live("granary.fixture.ts", { sacks: 10, outstanding: 4 });
  expectExplained(recording);
  const records = recording.records();
  const from = records.findLastIndex(({ kind }) => kind === "process");
  const verdict = await replay(records, { seed, cuts: 30, from });
  expect(verdict.losses.length, `sync ${sync} of the log fails; ${told(verdict, seed)}`).toBe(0);
});
