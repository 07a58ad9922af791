import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** Builds the page into a folder that is not there yet. Built aside and then renamed: two processes may do so at once. */
export async function buildPage(folder: string): Promise<void> {
  const aside = `${folder}.${process.pid}.building`;
  try {
    await mkdir(aside, { recursive: true });
    await build({
      configFile: fileURLToPath(new URL("./vite.config.ts", import.meta.url)),
      logLevel: "warn",
      build: { outDir: aside, emptyOutDir: true },
    });
    await rename(aside, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}
