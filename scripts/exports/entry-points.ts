import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A module that users import by name. */
export interface EntryPoint {
  /** As it is imported: `@reeve/runtime/sqlite`. */
  readonly specifier: string;
  /** Its source, relative to the root. */
  readonly file: string;
}

/** Entry points that say by their name that they change with any release. */
const unstable = /\/internal(?:\/|$)/;

/** Every entry point of every published package, by name. */
export function readEntryPoints(root: string): EntryPoint[] {
  const manifests = globSync("packages/{*,drivers/*}/package.json", { cwd: root });
  const entries = manifests.flatMap((path) => {
    const manifest = JSON.parse(readFileSync(join(root, path), "utf8"));
    if (manifest.private) return [];
    return Object.entries<Record<string, string>>(manifest.exports).map(([subpath, conditions]) => ({
      specifier: manifest.name + subpath.slice(1),
      file: join(dirname(path), conditions["reeve-source"]!),
    }));
  });
  return entries.sort((a, b) => (a.specifier < b.specifier ? -1 : 1));
}

/** Whether users may count on it. */
export function isStable({ specifier }: EntryPoint): boolean {
  return !unstable.test(specifier);
}
