import { defineConfig } from "rolldown";
import { inlineThreads } from "../../scripts/build/inline-threads.ts";
import { inlinedLicenses } from "../../scripts/build/inlined-licenses.ts";
import { nodeFirst } from "../../scripts/build/node-first.ts";
import manifest from "./package.json" with { type: "json" };

const dir = "dist/js";

const entryPoints = Object.values(manifest.exports).map((entry) => [
  entry.default.slice(`./${dir}/`.length, -".js".length),
  entry["reeve-source"],
]);

/** The file that each thread of the worker pool begins with: named by the pool, as one beside it, so no file goes into a folder. */
const threads = { "worker-entry": "src/workers/worker-entry.ts" };

/**
 * Kysely is taken in without what no host uses of it: to load its 250 files took half of a start. msgpackr is, because it
 * brings a native reader along whose build script pnpm refuses to run, with exit code 1, and which is not used here.
 */
const inlined = ["kysely", "msgpackr"];
const packageOf = (id: string) => id.split("/")[0]!;

const licenses = inlinedLicenses();

export default defineConfig({
  input: { ...Object.fromEntries(entryPoints), ...threads, "require-node": "src/require-node.ts" },
  platform: "node",
  transform: { target: "es2024" },
  external: (id) => !/^[./]/.test(id) && !inlined.includes(packageOf(id)),
  plugins: [
    inlineThreads((ids) => licenses.add(ids)),
    licenses.plugin,
    nodeFirst({ except: ["inspection", "internal-causes", "internal-inspection"] }),
  ],
  output: {
    dir,
    cleanDir: true,
    sourcemap: true,
    chunkFileNames: "shared-[name].js",
    codeSplitting: { groups: inlined.map((name) => ({ name, test: `/node_modules/${name}/` })) },
  },
});
