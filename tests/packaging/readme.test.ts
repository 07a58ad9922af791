import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { build as bundle } from "esbuild";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { build } from "./packed.ts";

beforeAll(build, 120_000);

test("the twenty lines of the README run as they stand, end by themselves, and leave nothing behind", async () => {
  const readme = readFileSync(resolve(import.meta.dirname, "../../README.md"), "utf8");
  const [, contents = ""] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  const folder = mkdtempSync(join(tmpdir(), "reeve-readme-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await bundle({
    stdin: { contents, loader: "ts", resolveDir: import.meta.dirname },
    outfile: join(folder, "hall.mjs"),
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    ...{ format: "esm", bundle: true, platform: "node", target: "node22", logLevel: "silent" },
  });
  const { stdout } = await promisify(execFile)(process.execPath, ["hall.mjs"], { cwd: folder });
  expect(stdout).toBe("hall-01 greets Reeve\n");
  expect(readdirSync(folder)).toEqual(["hall.mjs"]);
});
