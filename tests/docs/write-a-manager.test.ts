import { expect, test } from "vitest";
import { runProgram } from "./run-program.ts";
import { runTests } from "./run-tests.ts";
import { startedAndStopped, Tutorial } from "./tutorial.ts";

test("the manager of the tutorial does what the page says, and survives a crash", async () => {
  using tutorial = new Tutorial("write-a-manager.md");
  const { failed, passed, skipped } = await runTests(tutorial.directory, "survive.ts");
  expect({ failed, skipped }).toEqual({ failed: [], skipped: [] });
  expect(passed).toHaveLength(7);
}, 120_000);

test.each([
  ['.onConflict((conflict) => conflict.column("name").doNothing())', "", ["of ten that want one name, one has it"]],
  [
    "exists: async (signal) => (await driver.list({ signal })).some(({ name }) => name === job.payload.name)",
    "exists: async () => false",
    ["after a crash a record that is in the zone is available"],
  ],
  ["added: 1", "added: 0", ["a quota is kept, and given back"]],
  [
    "job, () => driver.remove({ name: job.payload.name }, { signal })",
    "job, async () => {}",
    ["a deletion that a crash interrupts is carried through"],
  ],
  [
    'reachableRow(store, "records", id, ctx)',
    'store.get("records", id)',
    ["a key makes one record, and nobody sees another tenant's"],
  ],
] as const)(
  "without what the page insists on, its own tests fail: %s",
  async (from, to, expected) => {
    using tutorial = new Tutorial("write-a-manager.md");
    tutorial.change("manager.ts", from, to);
    const { failed } = await runTests(tutorial.directory, "survive.ts");
    expect(failed).toEqual(expected);
  },
  120_000,
);

test("the supervisor of the tutorial serves its manager", async () => {
  using tutorial = new Tutorial("write-a-manager.md");
  tutorial.change("supervisor.ts", "/srv/dns", tutorial.directory);
  tutorial.change("supervisor.ts", "await supervisor.start();", startedAndStopped);
  expect(await runProgram(tutorial.directory, "supervisor.ts")).toContain("dns-01@lan serving");
}, 120_000);

test("of the hosts of the tutorial one does what one is to do", async () => {
  using tutorial = new Tutorial("write-a-manager.md");
  const { failed, passed } = await runTests(tutorial.directory, "one-of-many.ts");
  expect({ failed, passed }).toEqual({
    failed: [],
    passed: ["of two hosts one makes the round, and they rebuild one after the other"],
  });
}, 120_000);

test("the casts of the page outlast their manager, and follow its transactions", async () => {
  using tutorial = new Tutorial("write-a-manager.md");
  const { failed, passed } = await runTests(tutorial.directory, "outlast.ts");
  expect({ failed, passed: passed.length }).toEqual({ failed: [], passed: 2 });
}, 120_000);

test("without what it insists on, its own tests fail", async () => {
  using tutorial = new Tutorial("write-a-manager.md");
  tutorial.change("lasting.ts", '{ tx, after: "24h" }', "{ tx }");
  const { failed } = await runTests(tutorial.directory, "outlast.ts");
  expect(failed[0]).toMatch(/a day later/);
}, 120_000);
