import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A Markdown page of the repository. */
export interface Page {
  /** Relative to the root. */
  readonly path: string;
  readonly text: string;
}

export function readPages(root: string): Page[] {
  const exclude = (name: string) => /(^|\/)(node_modules|dist|\.cache|\.git)$/.test(name);
  const paths = globSync("**/*.md", { cwd: root, exclude });
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
