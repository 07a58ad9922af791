import { execFileSync, spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { build } from "./packed.ts";

/** A Node of this machine that is older than the packages need. */
const old = (process.env.PATH ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "node"))
  .find(isOld);

function isOld(path: string): boolean {
  try {
    const [major = 0, minor = 0] = execFileSync(path, ["--version"], { encoding: "utf8" })
      .slice(1)
      .split(".")
      .map(Number);
    return major < 22 || (major === 22 && minor < 18);
  } catch {
    return false;
  }
}

beforeAll(build, 120_000);

test
  .skipIf(!old)
  .each([
    'import "@reeve/runtime"',
    'import "@reeve/nats"',
    'import "@reeve/runtime/sqlite"',
    'import "@reeve/runtime/internal"',
    'import "@reeve/runtime/transport"',
    'import "@reeve/file-volumes"; import "@reeve/managers/volume"',
    'import "@reeve/linux-net"; import "@reeve/cisco-net"; import "@reeve/managers/network"',
    'import "@reeve/testing"',
  ])(
  "on a Node that is too old (skipped where none is in the PATH) `%s` says which is needed, in one line",
  (program) => {
    const { status, stderr } = spawnSync(old!, ["--input-type=module", "--eval", program], {
      ...{ cwd: import.meta.dirname, encoding: "utf8" },
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/Error: Reeve needs Node 22\.18 or later; this is Node \d+\.\d+\.\d+/);
    expect(stderr).not.toMatch(/^ +at /m);
  },
);
