import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import type { Figure } from "./figure.ts";

// Usage: run.ts [--json] [--short]. Runs every fault by itself and prints its figures; fails when one breaks its bound.
const { values } = parseArgs({
  options: { json: { type: "boolean", default: false }, short: { type: "boolean", default: false } },
});
const directory = mkdtempSync(join(tmpdir(), "reeve-figures-"));
const path = join(directory, "figures");
try {
  const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
  const child = spawn(process.execPath, [vitest, "run", "tests/faults/", "--no-file-parallelism"], {
    cwd: join(import.meta.dirname, "../.."),
    env: { ...process.env, REEVE_FAULT_FIGURES: path, REEVE_LONG: values.short ? "0" : "1" },
    // What it says is for people: only the figures are for standard output.
    stdio: ["ignore", 2, 2],
  });
  const [code] = await once(child, "exit");
  const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  const figures = lines.map((line) => JSON.parse(line) as Figure);
  for (const line of values.json ? lines : table(figures)) console.log(line);
  if (code !== 0 || figures.length === 0 || figures.some(({ held }) => !held)) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function table(figures: readonly Figure[]): readonly string[] {
  const rows = figures.map(({ fault, invariant, bound, figure, held }) => [
    fault,
    invariant,
    bound,
    held ? figure : `${figure} ✗`,
  ]);
  const all = [["fault", "invariant", "bound", "figure"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join(" | ")
      .trimEnd(),
  );
}
