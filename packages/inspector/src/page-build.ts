import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The folder with the built page. Run from sources, it is built on first use and kept until a source changes. */
export async function builtPage(): Promise<string> {
  if (!import.meta.url.endsWith(".ts")) return here("./page");
  const digest = await digestOf(
    ...[here("."), here("../page")],
    ...[here("../../runtime/src/inspection"), here("../../runtime/src/lifecycle"), here("../../contract/src")],
  );
  const folder = join(here("../node_modules/.cache/page"), digest);
  if (!existsSync(folder)) {
    // Not there in what is published, nor is Vite.
    const { buildPage } = (await import(new URL("../page/build.ts", import.meta.url).href)) as {
      buildPage(folder: string): Promise<void>;
    };
    await buildPage(folder);
  }
  return folder;
}

async function digestOf(...folders: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const folder of folders) {
    const names = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.sort()) hash.update(file).update(await readFile(file));
  }
  return hash.digest("hex").slice(0, 16);
}
