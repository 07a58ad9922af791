import { isBuiltin } from "node:module";
import { isAbsolute, posix } from "node:path";
import type { SourceFile } from "./source-tree.ts";

/** What an import leads to: a source file, a package by name, a part of Node, or nothing that is there. */
export type Target =
  | { readonly kind: "file"; readonly file: SourceFile }
  | { readonly kind: "package"; readonly name: string }
  | { readonly kind: "builtin" }
  | { readonly kind: "missing" };

const compiled: Readonly<Record<string, string>> = { ".js": ".ts", ".mjs": ".mts", ".cjs": ".cts" };

/** Relative names are taken literally, or with the source's extension for the compiled one. */
export function resolveImport(from: SourceFile, specifier: string, files: ReadonlyMap<string, SourceFile>): Target {
  if (isBuiltin(specifier)) return { kind: "builtin" };
  if (isAbsolute(specifier) || specifier.startsWith("file:")) return { kind: "missing" };
  if (!specifier.startsWith(".")) {
    return { kind: "package", name: specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/") };
  }
  const path = posix.join(posix.dirname(from.path), specifier);
  const extension = posix.extname(path);
  const source = path.slice(0, path.length - extension.length) + (compiled[extension] ?? extension);
  const file = files.get(path) ?? files.get(source);
  return file ? { kind: "file", file } : { kind: "missing" };
}
