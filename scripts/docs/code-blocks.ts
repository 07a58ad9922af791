import { dirname, join } from "node:path";
import { lineAt, type Page } from "./pages.ts";

/** A TypeScript example of a page. */
export interface CodeBlock {
  /** Where it is written to be compiled. Blocks of one page share a folder, so that they can import each other. */
  readonly file: string;
  readonly code: string;
  readonly page: string;
  /** The line of the page that its first line stands on. */
  readonly line: number;
}

const fence = /^( *)```(?:ts|typescript)[^\n]*\n([\s\S]*?)^\1```/gm;

/** Finds the blocks that import something, and so claim to be whole. A first line `// contract.ts` names the file. */
export function codeBlocks(pages: readonly Page[]): CodeBlock[] {
  return pages.flatMap(({ path, text }) =>
    [...text.matchAll(fence)].flatMap((match, index): CodeBlock[] => {
      const [, indent = "", code = ""] = match;
      if (!/^\s*import\b/m.test(code)) return [];
      const name = /^\s*\/\/ ([\w-]+\.ts)\b/.exec(code)?.[1] ?? `block-${index + 1}.ts`;
      const folder = join(dirname(path), path.replace(/.*\//, "").replace(/\.md$/, ""));
      const line = lineAt(text, match.index) + 1;
      return [{ file: join(folder, name), code: code.replaceAll(`\n${indent}`, "\n"), page: path, line }];
    }),
  );
}
