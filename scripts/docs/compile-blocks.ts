import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import type { CodeBlock } from "./code-blocks.ts";

const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

const options = {
  noEmit: true,
  composite: false,
  allowImportingTsExtensions: true,
  rewriteRelativeImportExtensions: false,
  declaration: false,
  declarationMap: false,
  sourceMap: false,
};

/**
 * Compiles blocks as a user's own files would be. Returns the compiler's complaints, told by page and line.
 *
 * @param home a package of the workspace whose dependencies the blocks may import
 */
export async function compileBlocks(root: string, home: string, blocks: readonly CodeBlock[]): Promise<string[]> {
  if (blocks.length === 0) return [];
  const cache = join(root, home, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "docs-"));
  try {
    for (const { file, code } of blocks) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), code);
    }
    const base = relative(folder, join(root, "tsconfig.base.json"));
    const config = { extends: base, compilerOptions: options, files: blocks.map(({ file }) => file) };
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    return explain(await compile(folder), blocks);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compile(folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const args = [compiler, "-p", ".", "--pretty", "false"];
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error && stdout.trim() === "") reject(new Error(`the compiler failed: ${stderr || error.message}`));
      else resolve(stdout);
    });
  });
}

function explain(output: string, blocks: readonly CodeBlock[]): string[] {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => {
    const match = /^(.+?)\((\d+),\d+\): (.*)$/.exec(line);
    const block = match && blocks.find(({ file }) => file === match[1]);
    return block ? `${block.page}:${block.line + Number(match[2]) - 1} ${match[3]}` : line;
  });
}
