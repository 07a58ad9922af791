import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cacheDirectory, fillOnce } from "./cache.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "reeve-cache-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test("of many processes that want the cache, one fills it and all find it full", async () => {
  const target = join(directory, "server");
  const journal = join(directory, "journal");
  const script = `
    import { appendFile, readFile, writeFile } from "node:fs/promises";
    import { setTimeout } from "node:timers/promises";
    import { fillOnce } from ${JSON.stringify(import.meta.resolve("./cache.ts"))};
    await appendFile(${JSON.stringify(journal)}, "came\\n");
    await fillOnce(${JSON.stringify(target)}, async (scratch) => {
      await appendFile(${JSON.stringify(journal)}, "filled\\n");
      while ((await readFile(${JSON.stringify(journal)}, "utf8")).match(/came/g).length < 5) await setTimeout(5);
      await writeFile(scratch + "/binary", "x".repeat(5_000_000));
    });
    await appendFile(${JSON.stringify(journal)}, "found " + (await readFile(${JSON.stringify(join(target, "binary"))})).length + "\\n");
  `;
  const workers = Array.from({ length: 5 }, () =>
    spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "inherit" }),
  );
  const codes = await Promise.all(workers.map(async (worker) => (await once(worker, "exit"))[0]));
  expect(codes).toEqual([0, 0, 0, 0, 0]);
  const lines = (await readFile(journal, "utf8")).trim().split("\n");
  expect(lines.filter((line) => line === "filled")).toHaveLength(1);
  expect(lines.filter((line) => line === "found 5000000")).toHaveLength(5);
  expect((await readdir(directory)).sort()).toEqual(["journal", "server"]);
});

test("a filling that fails leaves nothing, and the next try fills", async () => {
  const target = join(directory, "server");
  const failing = fillOnce(target, async (scratch) => {
    await writeFile(join(scratch, "half"), "");
    throw new Error("disk full");
  });
  await expect(failing).rejects.toThrow("disk full");
  expect(await readdir(directory)).toEqual([]);
  await fillOnce(target, (scratch) => writeFile(join(scratch, "whole"), ""));
  expect(await readdir(target)).toEqual(["whole"]);
});

test("the lock of a process that died is taken over", async () => {
  const dead = spawn(process.execPath, ["--eval", ""]);
  await once(dead, "exit");
  const target = join(directory, "server");
  await writeFile(`${target}.lock`, String(dead.pid));
  await fillOnce(target, (scratch) => appendFile(join(scratch, "binary"), "x"));
  expect(existsSync(join(target, "binary"))).toBe(true);
});

test("a workspace keeps its own cache, an installed package the user's", async () => {
  await writeFile(join(directory, "pnpm-workspace.yaml"), "");
  expect(cacheDirectory(join(directory, "packages", "testing"))).toBe(join(directory, ".cache"));
  const installed = join(directory, "node_modules", "@reeve", "testing");
  const before = process.env.XDG_CACHE_HOME;
  try {
    process.env.XDG_CACHE_HOME = "/somewhere";
    expect(cacheDirectory(installed)).toBe("/somewhere/reeve");
    process.env.XDG_CACHE_HOME = "relative";
    expect(cacheDirectory(installed)).toMatch(/\/\.cache\/reeve$/);
  } finally {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  }
});
