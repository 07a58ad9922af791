import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, posix } from "node:path";
import { packageLevels, runtimeLevels, runtimePackage, topLevel } from "./layout.ts";
import { importsOf, type SourceImport } from "./source-imports.ts";

/** A package of the workspace, or what stands above the packages. */
export interface Owner {
  /** Relative to the root; empty for the root itself. */
  readonly directory: string;
  readonly name: string;
  /** Undefined when the layout does not know the package. */
  readonly level: number | undefined;
  readonly dependencies: ReadonlySet<string>;
  readonly devDependencies: ReadonlySet<string>;
}

export interface SourceFile {
  /** Relative to the root, with slashes. */
  readonly path: string;
  readonly owner: Owner;
  /** The folder of `runtime/src` it lies in: undefined elsewhere, empty for an entry point. */
  readonly folder: string | undefined;
  readonly imports: readonly SourceImport[];
}

const sources =
  "{packages/*/src,packages/drivers/*/src,examples,tests,benches,scripts}/**/*.{ts,mts,cts,tsx,js,mjs,cjs}";

/** Reads every source file under a root with what it imports. */
export function readTree(root: string): SourceFile[] {
  const owners = new Map<string, Owner>();
  const paths = globSync([sources, "*.{ts,mts,js,mjs}"], {
    cwd: root,
    exclude: (name) => /(^|\/)(node_modules|dist)$/.test(String(name)),
  });
  return paths.sort().map((path) => {
    const directory = ownerOf(root, dirname(path));
    const owner = owners.get(directory) ?? readOwner(root, directory);
    owners.set(directory, owner);
    const imports = importsOf(path, readFileSync(posix.join(root, path), "utf8"));
    return { path, owner, folder: runtimeFolder(path), imports };
  });
}

function ownerOf(root: string, directory: string): string {
  if (directory === ".") return "";
  return existsSync(posix.join(root, directory, "package.json")) ? directory : ownerOf(root, dirname(directory));
}

function readOwner(root: string, directory: string): Owner {
  const manifest = readManifest(root, directory);
  // What the workspace itself has for development, every package finds.
  const shared = Object.keys(readManifest(root, "").devDependencies ?? {});
  const names = (...fields: string[]) => new Set(fields.flatMap((field) => Object.keys(manifest[field] ?? {})));
  return {
    directory,
    name: manifest.name,
    level: packageLevels[directory] ?? (directory.startsWith("packages/") ? undefined : topLevel),
    dependencies: names("dependencies", "peerDependencies", "optionalDependencies"),
    devDependencies: new Set([...names("devDependencies"), ...shared]),
  };
}

function readManifest(root: string, directory: string) {
  return JSON.parse(readFileSync(posix.join(root, directory, "package.json"), "utf8"));
}

function runtimeFolder(path: string): string | undefined {
  const prefix = `${runtimePackage}/src/`;
  if (!path.startsWith(prefix)) return undefined;
  const [folder, rest] = path.slice(prefix.length).split(/\/(.*)/);
  return rest === undefined ? "" : folder;
}

/** The level within `runtime/src`; undefined for a folder that the layout does not know. */
export function folderLevel(folder: string): number | undefined {
  return Object.hasOwn(runtimeLevels, folder) ? runtimeLevels[folder] : undefined;
}
