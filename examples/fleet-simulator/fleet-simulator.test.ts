import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readOptions } from "./options.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

async function run(...args: readonly string[]) {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--conditions=reeve-source", main, ...args]);
  expect(stderr).toBe("");
  return stdout.trimEnd().split("\n");
}

test.each([1, 2])(
  "with %i schedulers every host is known and placed on while some die",
  { timeout: 600_000 },
  async (schedulers) => {
    const lines = await run(
      "--hosts",
      "120,205",
      "--schedulers",
      String(schedulers),
      "--seconds",
      "1",
      "--churn",
      "5",
      "--json",
    );
    const measured = lines.map((line) => JSON.parse(line));
    expect(measured.map(({ hosts }) => hosts)).toEqual([120, 205]);
    for (const one of measured) {
      expect(one).toMatchObject({ schedulers });
      expect(one.placementsASecond).toBeGreaterThan(0);
      expect(one.p99Ms).toBeGreaterThanOrEqual(one.p50Ms);
    }
  },
);

test.each([
  [["--hosts", "10,x"], '--hosts: expected a whole number from 1 to 600000, got "x"'],
  [["--schedulers", "0"], '--schedulers: expected a whole number from 1 to 4, got "0"'],
  [["--churn", "101"], '--churn: expected a number from 0 to 100, got "101"'],
])("%j is refused", (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
