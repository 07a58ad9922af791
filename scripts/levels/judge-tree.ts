import { findCycles } from "./cycles.ts";
import { judgeImport } from "./import-rules.ts";
import { runtimePackage } from "./layout.ts";
import { resolveImport } from "./resolve-import.ts";
import { folderLevel, type Owner, readTree, type SourceFile } from "./source-tree.ts";

/** Checks every source file under a root. Returns one line for each thing wrong: `path:line what`. */
export function judgeTree(root: string): string[] {
  const tree = readTree(root);
  if (tree.length === 0) return [`${root}: no source files found`];
  const files = new Map(tree.map((file) => [file.path, file]));
  const packages = new Map(tree.map(({ owner }): [string, Owner] => [owner.name, owner]));
  const imports = tree.flatMap((file) =>
    file.imports.flatMap((one) => {
      const wrong = judgeImport(file, one, files, packages);
      return wrong ? [`${file.path}:${one.line} ${wrong}`] : [];
    }),
  );
  return [...unknownPlaces(tree), ...imports, ...cyclesOf(tree, files)];
}

function unknownPlaces(tree: readonly SourceFile[]): string[] {
  const unknown = tree.flatMap(({ owner, folder }) => {
    if (owner.level === undefined) return [`${owner.directory} has no level; give it one in scripts/levels/layout.ts`];
    if (!folder || folderLevel(folder) !== undefined) return [];
    return [`${runtimePackage}/src/${folder} has no level; give it one in scripts/levels/layout.ts`];
  });
  return [...new Set(unknown)];
}

function cyclesOf(tree: readonly SourceFile[], files: ReadonlyMap<string, SourceFile>): string[] {
  const graph = new Map(
    tree.map((file) => {
      const targets = file.imports.map(({ specifier }) => resolveImport(file, specifier, files));
      return [file.path, targets.flatMap((target) => (target.kind === "file" ? [target.file.path] : []))];
    }),
  );
  return findCycles(graph).map((knot) => `${knot[0]} is in an import cycle: ${knot.join(", ")}`);
}
