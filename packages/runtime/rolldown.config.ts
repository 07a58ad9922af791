import { readFileSync } from "node:fs";
import { defineConfig } from "rolldown";
import manifest from "./package.json" with { type: "json" };

const dir = "dist/js";

const entryPoints = Object.values(manifest.exports).map((entry) => [
  entry.default.slice(`./${dir}/`.length, -".js".length),
  entry["reeve-source"],
]);

/** Named by the code that starts them, as files beside it: which is why no file goes into a folder. */
const threads = {
  "worker-entry": "src/workers/worker-entry.ts",
  "beat-thread": "src/registry/membership/beat-thread.ts",
  "checkpoint-thread": "src/store/sqlite/checkpoint-thread.ts",
};

/** Taken in without what no host uses of it: to load its 250 files took half of a start. */
const inlined = "kysely";
const license = readFileSync(`node_modules/${inlined}/LICENSE`, "utf8").trim();

export default defineConfig({
  input: { ...Object.fromEntries(entryPoints), ...threads },
  platform: "node",
  transform: { target: "es2024" },
  external: (id) => !/^[./]/.test(id) && id !== inlined,
  output: {
    dir,
    cleanDir: true,
    sourcemap: true,
    chunkFileNames: "shared-[name].js",
    codeSplitting: { groups: [{ name: inlined, test: `/node_modules/${inlined}/` }] },
    banner: ({ name }) => (name === inlined ? `/*!\n${license}\n*/` : ""),
  },
});
