import { entryLevel, inlinedPackages, runtimePackage, unpublished, xstateFolder } from "./layout.ts";
import { resolveImport } from "./resolve-import.ts";
import type { SourceImport } from "./source-imports.ts";
import { folderLevel, type Owner, type SourceFile } from "./source-tree.ts";

/** Says what is wrong with one import, if anything is. */
export function judgeImport(
  from: SourceFile,
  { specifier, star }: SourceImport,
  files: ReadonlyMap<string, SourceFile>,
  packages: ReadonlyMap<string, Owner>,
): string | undefined {
  if (star) return `re-exports all of ${specifier}; name what is exported`;
  const target = resolveImport(from, specifier, files);
  switch (target.kind) {
    case "builtin":
      return undefined;
    case "missing":
      return specifier.endsWith(".json") ? undefined : `imports ${specifier}, which is not there`;
    case "file":
      return judgeFile(from, target.file);
    case "package":
      return judgePackage(from, target.name, packages.get(target.name));
  }
}

function judgeFile(from: SourceFile, to: SourceFile): string | undefined {
  if (to.owner !== from.owner) return `reaches into ${to.owner.name} by path (${to.path}); import the package`;
  if (unpublished.test(to.path) && !unpublished.test(from.path) && from.owner.directory.startsWith("packages/")) {
    return `imports ${to.path}, which is not published`;
  }
  if (from.folder === undefined || to.folder === undefined || from.folder === to.folder) return undefined;
  const [own, other] = [levelOf(from.folder), levelOf(to.folder)];
  if (own === undefined || other === undefined || other < own) return undefined;
  return `imports ${named(to.folder)} (level ${other}) from ${named(from.folder)} (level ${own}); only lower levels may be imported`;
}

function judgePackage(from: SourceFile, name: string, ours: Owner | undefined): string | undefined {
  const { owner } = from;
  if (ours === owner) return `imports its own package by name (${name}); import the file`;
  const fromPackage = owner.directory.startsWith("packages/");
  if (name === "xstate" && !maySeeActors(from)) return `imports xstate outside ${xstateFolder}`;
  if (ours?.level !== undefined && owner.level !== undefined && ours.level >= owner.level) {
    return `imports ${name} (level ${ours.level}) from ${owner.name} (level ${owner.level}); only lower levels may be imported`;
  }
  if (owner.dependencies.has(name)) return undefined;
  const development = unpublished.test(from.path) || !fromPackage || inlinedPackages.has(name);
  if (development && owner.devDependencies.has(name)) return undefined;
  const where = development ? "dependencies or devDependencies" : "dependencies";
  return `imports ${name}, which is not in the ${where} of ${owner.directory || "the workspace"}`;
}

/** Beside the one folder: suites above the packages, and other packages' tests that need a real machine to look at. */
function maySeeActors({ path, owner }: SourceFile): boolean {
  if (path.startsWith(xstateFolder) || !owner.directory.startsWith("packages/")) return true;
  return owner.directory !== runtimePackage && unpublished.test(path) && owner.devDependencies.has("xstate");
}

function levelOf(folder: string): number | undefined {
  return folder === "" ? entryLevel : folderLevel(folder);
}

function named(folder: string): string {
  return folder === "" ? "an entry point" : `${folder}/`;
}
