import { execFile } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const changesets = join(dirname(createRequire(import.meta.url).resolve("@changesets/cli/package.json")), "bin.js");

function manifests(at: string): string[] {
  return globSync("packages/**/package.json", { cwd: at, exclude: (name) => /(^|\/)(node_modules|dist)$/.test(name) });
}

test("`changeset version` takes what waits here, and gives all packages that are published one version", async () => {
  const copy = mkdtempSync(join(tmpdir(), "reeve-changesets-"));
  try {
    const others = globSync("{benches,tests,examples/*}/package.json", { cwd: root });
    for (const path of [...manifests(root), ...others, "package.json", "pnpm-workspace.yaml", ".changeset"])
      cpSync(join(root, path), join(copy, path), { recursive: true });
    await promisify(execFile)(process.execPath, [changesets, "version"], { cwd: copy });
    expect(readdirSync(join(copy, ".changeset")).sort()).toEqual(["README.md", "config.json"]);
    const versions = manifests(copy).map((path) => JSON.parse(readFileSync(join(copy, path), "utf8")).version);
    expect(new Set(versions).size, versions.join()).toBe(1);
  } finally {
    rmSync(copy, { recursive: true });
  }
}, 60_000);
