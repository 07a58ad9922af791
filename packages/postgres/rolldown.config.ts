import { defineConfig } from "rolldown";
import { inlinedLicenses } from "../../scripts/build/inlined-licenses.ts";

/** Kysely is taken in without what is not used of it: to load its 250 files takes long. */
const inlined = ["kysely"];
const packageOf = (id: string) => id.split("/")[0]!;

const licenses = inlinedLicenses();

export default defineConfig({
  input: { index: "src/index.ts" },
  platform: "node",
  transform: { target: "es2024" },
  external: (id) => !/^[./]/.test(id) && !inlined.includes(packageOf(id)),
  plugins: [licenses.plugin],
  output: { dir: "dist/js", cleanDir: true, sourcemap: true },
});
