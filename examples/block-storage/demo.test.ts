import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { scheduler } from "@reeve/managers/scheduler";
import { volumes } from "@reeve/managers/volume";
import { permissions } from "@reeve/nats";
import { natsServer } from "@reeve/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { backends } from "./house.ts";
import { steps } from "./steps/index.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
const patience = 600_000;
let place: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), "reeve-demo-test-"));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(place, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function demo(flags: readonly string[], env: NodeJS.ProcessEnv = {}): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, ["--conditions=reeve-source", main, ...flags], {
    env: { ...process.env, TMPDIR: place, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  const ended = Promise.all([code, text(child.stdout!), text(child.stderr!)]);
  return { child, ended: ended.then(([exitCode, stdout, stderr]) => ({ code: exitCode, stdout, stderr })) };
}

test("every step holds, told in one line for machines, and nothing is left behind", { timeout: patience }, async () => {
  const { code, stdout, stderr } = await demo(["--json"]).ended;
  expect(stderr).toBe("");
  const [line, ...more] = stdout.split("\n");
  expect(more).toEqual([""]);
  const told = JSON.parse(line!);
  expect(told).toEqual({
    ok: true,
    steps: steps.map(({ name }) => ({ name, ok: true, ms: expect.any(Number) })),
    volumes: expect.any(Number),
  });
  expect(told.volumes).toBeGreaterThan(0);
  expect(code).toBe(0);
  expect(await readdir(place)).toEqual([]);
});

test("it holds under the rules that permissions() prints, of which the broker denies nothing", {
  timeout: patience,
}, async () => {
  const { config } = permissions({
    processes: [
      { caller: "demo", serves: [scheduler, { contract: volumes, backends }], schedules: true, inspects: true },
    ],
  });
  vi.stubEnv("REEVE_DEMO", "password-of-the-demo");
  await using server = await natsServer({ config });
  const flags = ["--json", "--nats", server.url];
  const { code, stdout, stderr } = await demo(flags, { REEVE_PASSWORD: "password-of-the-demo" }).ended;
  expect([code, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true });
  // What is tried at start of somebody else's is refused, as it must be.
  const denied = server.log.split("\n").filter((line) => line.includes("Violation"));
  expect(denied).toHaveLength(2);
  for (const line of denied) expect(line).toContain("somebody-else");
});

test("it tells people the story, stays when asked to, and drains on SIGTERM", { timeout: patience }, async () => {
  const { child, ended } = demo(["--stay"]);
  let heard = "";
  child.stdout!.on("data", (chunk: Buffer) => {
    heard += chunk;
    if (heard.includes("runs on, in")) child.kill("SIGTERM");
  });
  const { code, stdout } = await ended;
  for (const { title } of steps) expect(stdout).toContain(title);
  expect(stdout).toContain(`${steps.length} steps held`);
  // No terminal, no colours.
  expect(stdout).not.toContain("\u001b");
  expect(code).toBe(0);
  expect(await readdir(place)).toEqual([]);
});

test("a step that does not hold says what and why, and the exit code tells", { timeout: patience }, async () => {
  const tools = join(place, "tools");
  const broken = join(tools, "mkfs.ext4");
  await mkdir(tools);
  await writeFile(broken, "#!/bin/sh\necho no such luck >&2\nexit 1\n");
  await chmod(broken, 0o755);
  for (const tool of ["debugfs", "e2fsck"]) await writeFile(join(tools, tool), "");

  const { code, stdout } = await demo(["--json"], { PATH: `${tools}:${process.env.PATH}` }).ended;
  const { ok, steps: told } = JSON.parse(stdout);
  expect(ok).toBe(false);
  expect(told.at(-1)).toMatchObject({ name: "fill", ok: false, why: expect.stringContaining("no such luck") });
  expect(told).toHaveLength(3);
  expect(code).toBe(1);
  expect(await readdir(place)).toEqual(["tools"]);
});

test("an unknown flag is refused before anything runs", { timeout: patience }, async () => {
  const { code, stdout, stderr } = await demo(["--jason"]).ended;
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain("--jason");
  expect(stderr).toContain("Usage");
});
