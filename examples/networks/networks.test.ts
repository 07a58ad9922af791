import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { steps } from "./steps/index.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

async function networks(...flags: readonly string[]) {
  const child = spawn(process.execPath, ["--conditions=reeve-source", main, ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [exitCode, stdout, stderr] = await Promise.all([code, text(child.stdout), text(child.stderr)]);
  return { code: exitCode, stdout, stderr };
}

test("every step holds, told in one line for machines", { timeout: 1_800_000 }, async ({ skip }) => {
  const { code, stdout, stderr } = await networks("--json");
  if (stderr.includes("cannot run on this processor")) return skip(stderr);
  if (!process.env.CI && stderr.includes("there is no lab kernel")) return skip(stderr);
  const [line = "", ...more] = stdout.split("\n");
  expect(more, stderr).toEqual([""]);
  expect(JSON.parse(line), stderr).toEqual({
    ok: true,
    steps: steps.map(({ name }) => ({ name, ok: true, ms: expect.any(Number) })),
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("an unknown flag is refused before anything runs", { timeout: 60_000 }, async () => {
  const { code, stdout, stderr } = await networks("--jason");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("--jason");
  expect(stderr).toContain("Usage");
});
