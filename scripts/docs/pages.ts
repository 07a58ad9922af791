import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A page of the repository, or a program that users read as one. */
export interface Page {
  /** Relative to the root. */
  readonly path: string;
  readonly text: string;
}

/** Every Markdown page. */
export function readPages(root: string): Page[] {
  return readFiles(root, "**/*.md");
}

/** Every program among the examples. */
export function readExamples(root: string): Page[] {
  return readFiles(root, "examples/**/*.ts");
}

function readFiles(root: string, pattern: string): Page[] {
  const exclude = (name: string) => /(^|\/)(node_modules|dist|\.cache|\.git)$/.test(name);
  const paths = globSync(pattern, { cwd: root, exclude });
  return paths.sort().map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Blanks what is code, keeping every line where it was. */
export function withoutCode(text: string): string {
  const blank = (code: string) => code.replace(/[^\n]/g, " ");
  return text
    .replace(/^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2 *$/gm, blank)
    .replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, blank);
}

export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
