import { execFile } from "node:child_process";
import { globSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

/** Builds every package that is published. What is built already is not built again. */
export async function build(): Promise<void> {
  await run("pnpm", ["build"], { cwd: root, maxBuffer: 16 * 1024 * 1024 });
}

/** Packs every package that is published, as the registry would get it. Returns the tarball of each, by name. */
export async function packAll(folder: string): Promise<ReadonlyMap<string, string>> {
  mkdirSync(folder, { recursive: true });
  const manifests = globSync("packages/{*,drivers/*}/package.json", { cwd: root });
  const packed = await Promise.all(
    manifests.map(async (path) => {
      const { name, private: closed } = JSON.parse(readFileSync(join(root, path), "utf8"));
      if (closed) return [];
      const args = ["pack", "--json", "--pack-destination", folder];
      const { stdout } = await run("pnpm", args, { cwd: dirname(join(root, path)), maxBuffer: 16 * 1024 * 1024 });
      return [[name, (JSON.parse(stdout) as { filename: string }).filename]] as [string, string][];
    }),
  );
  return new Map(packed.flat());
}
