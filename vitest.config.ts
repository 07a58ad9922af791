import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Vitest hands these to Node, where "import" would be one for require() too: what has an entry for each would get the wrong one.
const conditions = ["reeve-source", "node"];

/** Where a machine-readable report goes beside what people read; `.ci/run` counts from it. */
const { VITEST_JSON: report } = process.env;

// Tests start hundreds of processes: with this, each source is stripped of its types and compiled for the first of them only.
process.env.NODE_COMPILE_CACHE ??= `${import.meta.dirname}/node_modules/.cache/compiled`;

export default defineConfig({
  // Wherever Vitest is started from, no folder of a package gets a cache of its own, which would be packed.
  cacheDir: `${import.meta.dirname}/node_modules/.vite`,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      "packages/**/src/**/*.test.ts",
      "tests/**/*.test.ts",
      "examples/**/*.test.ts",
      "benches/**/*.test.ts",
      "scripts/**/*.test.ts",
    ],
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
    typecheck: { enabled: false },
    execArgv: ["--conditions=reeve-source"],
    // Most of the time here is spent on waiting: for windows of heartbeats and leases, for servers that are paused and come back.
    maxWorkers: availableParallelism() + 2,
    // Vitest waits for a second, and gives a test five: a busy machine may take ten times as long as an idle one.
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
