import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("every step holds across processes, and nothing is left behind", { timeout: 300_000 }, async () => {
  const place = await mkdtemp(join(tmpdir(), "reeve-example-"));
  try {
    const main = fileURLToPath(new URL("./main.ts", import.meta.url));
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--conditions=reeve-source", main, "--json"],
      { env: { ...process.env, TMPDIR: place } },
    );
    expect(stderr).toBe("");
    const names = ["create", "list", "extend", "copy", "kill", "drain"];
    expect(JSON.parse(stdout.trimEnd().split("\n").at(-1)!)).toEqual({
      ok: true,
      steps: names.map((name) => ({ name, ok: true, ms: expect.any(Number) })),
      codes: { caller: 0, storage: 0, scheduler: 0 },
      denied: [],
    });
    expect(await readdir(place)).toEqual([]);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
});
