import { posix } from "node:path";
import type { Statement } from "oxc-parser";
import { type EntryPoint, readEntryPoints } from "./entry-points.ts";
import { ModuleSources } from "./module-source.ts";

/** A name that an entry point exports, and what it is. */
export interface PublicExport {
  readonly entry: EntryPoint;
  readonly name: string;
  /** Where it is declared, `packages/runtime/src/store/table.ts#table`; of another's package, `kysely#sql`. */
  readonly origin: string;
  readonly file: string | undefined;
  /** Undefined where it is another's. */
  readonly declaration: Statement | undefined;
  /** The comment above its declaration, without the stars; empty where there is none. */
  readonly doc: string;
  /** The line of the file that the comment begins on. */
  readonly line: number;
}

/** Follows every name of every entry point to its declaration. @throws Error where one leads to nothing */
export function readPublicExports(root: string): PublicExport[] {
  const sources = new ModuleSources(root);
  const entries = readEntryPoints(root);
  const fileOf = (from: string, source: string) => {
    if (source.startsWith(".")) return posix.join(posix.dirname(from), source);
    return entries.find(({ specifier }) => specifier === source)?.file;
  };
  const follow = (entry: EntryPoint, name: string, file: string, at: string): PublicExport => {
    const found = sources.of(file).exported.get(at);
    if (!found) throw new Error(`${file} exports no ${at}`);
    if (found.kind === "from") {
      const next = fileOf(file, found.source);
      if (next) return follow(entry, name, next, found.name);
      const nothing = { file: undefined, declaration: undefined, doc: "", line: 0 };
      return { entry, name, origin: `${found.source}#${found.name}`, ...nothing };
    }
    return { entry, name, origin: `${file}#${at}`, file, declaration: found.statement, ...docOf(sources, file, at) };
  };
  return entries.flatMap((entry) =>
    [...sources.of(entry.file).exported.keys()].sort().map((name) => follow(entry, name, entry.file, name)),
  );
}

function docOf(sources: ModuleSources, file: string, name: string): { readonly doc: string; readonly line: number } {
  const { text, comments, exported } = sources.of(file);
  const found = exported.get(name);
  if (found?.kind !== "declared") return { doc: "", line: 0 };
  const { start } = found.statement;
  const above = comments.findLast(
    (comment) => comment.end <= start && comment.type === "Block" && text.slice(comment.end, start).trim() === "",
  );
  if (!above?.value.startsWith("*")) return { doc: "", line: 0 };
  const lines = above.value.slice(1).split("\n");
  const doc = lines.map((line) => line.replace(/^\s*\* ?/, "")).join("\n");
  return { doc, line: text.slice(0, above.start).split("\n").length };
}
