import { defineConfig } from "rolldown";
import { inlineThreads } from "../../scripts/build/inline-threads.ts";
import { inlinedLicenses } from "../../scripts/build/inlined-licenses.ts";

const licenses = inlinedLicenses();

export default defineConfig({
  input: { index: "src/index.ts" },
  platform: "node",
  transform: { target: "es2024" },
  external: (id) => !/^[./]/.test(id),
  plugins: [inlineThreads((ids) => licenses.add(ids)), licenses.plugin],
  output: { dir: "dist/js", cleanDir: true, sourcemap: true },
});
