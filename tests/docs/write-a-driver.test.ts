import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "./run-program.ts";
import { runTests } from "./run-tests.ts";
import { startedAndStopped, Tutorial } from "./tutorial.ts";

test("the driver of the tutorial passes conformance, but for the abilities that it does not offer", async () => {
  using tutorial = new Tutorial("write-a-driver.md");
  const { failed, passed, skipped } = await runTests(tutorial.directory, "conformance.ts");
  expect(failed).toEqual([]);
  expect(passed.length).toBeGreaterThanOrEqual(25);
  for (const { reason } of skipped)
    expect(reason).toMatch(/^(the driver does not (offer |fence)|no makeSmall was given)/);
}, 120_000);

test.each([
  ["link", "rename", "of ten creates of one id at once exactly one succeeds"],
  ["NOT_FOUND", "INTERNAL", "an unknown id is NOT_FOUND"],
  ["signal.throwIfAborted();", "", "a call whose signal has aborted already does nothing"],
])(
  "without what the tutorial says of it, conformance fails: %s → %s",
  async (from, to, promise) => {
    using tutorial = new Tutorial("write-a-driver.md");
    tutorial.change("sparse-volumes.ts", from, to);
    const { failed } = await runTests(tutorial.directory, "conformance.ts");
    expect(failed.join("\n")).toContain(promise);
  },
  120_000,
);

test("the supervisor of the tutorial serves its driver", async () => {
  using tutorial = new Tutorial("write-a-driver.md");
  const root = join(tutorial.directory, "sparse");
  mkdirSync(root);
  tutorial.change("supervisor.ts", "/srv/sparse", root);
  tutorial.change("supervisor.ts", "await supervisor.start();", startedAndStopped);
  expect(await runProgram(tutorial.directory, "supervisor.ts")).toContain("block-01@sparse serving");
}, 120_000);
