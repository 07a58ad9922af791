import { defineConfig } from "vitest/config";

const conditions = ["reeve-source", "node", "import", "module", "default"];

export default defineConfig({
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
    typecheck: { enabled: false },
    execArgv: ["--conditions=reeve-source"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
