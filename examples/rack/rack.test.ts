import { execFile } from "node:child_process";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { steps } from "./steps/index.ts";

test("every step holds while hosts, database and broker are killed, and nothing is left behind", {
  timeout: 600_000,
}, async () => {
  const place = await mkdtemp(join(tmpdir(), "reeve-example-"));
  // PostgreSQL is run by another user where this is run by root.
  await chmod(place, 0o755);
  try {
    const main = fileURLToPath(new URL("./main.ts", import.meta.url));
    const args = ["--conditions=reeve-source", main, "--json"];
    const run = promisify(execFile)(process.execPath, args, { env: { ...process.env, TMPDIR: place } });
    // A step that does not hold ends it with code 1, and says there what was found.
    const ended: { stdout: string; stderr: string; code?: number } = await run.catch((error) => error);
    const { stdout, stderr, code } = ended;
    expect(stderr).toBe("");
    expect(JSON.parse(stdout.trimEnd().split("\n").at(-1)!)).toEqual({
      ok: true,
      steps: steps.map(({ name }) => ({ name, ok: true, ms: expect.any(Number) })),
      volumes: expect.any(Number),
    });
    expect(code).toBeUndefined();
    expect(await readdir(place)).toEqual([]);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
});
