import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const program = fileURLToPath(new URL("./process.fixture.ts", import.meta.url));
const brokerless = fileURLToPath(new URL("./brokerless.fixture.ts", import.meta.url));
let directory: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "reeve-signals-"));
});

afterEach(async () => {
  child?.kill("SIGKILL");
  await rm(directory, { recursive: true });
});

/** Starts the program. */
function run(calls: number) {
  return begin(program, join(directory, "db"), String(calls));
}

/** Starts a program; `line` resolves when it has written one that begins so. */
function begin(file: string, ...words: readonly string[]) {
  const started = spawn(process.execPath, ["--conditions=reeve-source", file, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child = started;
  let output = "";
  started.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const line = async (begin: string): Promise<string> => {
    for (;;) {
      const found = output.split("\n").find((one) => one.startsWith(begin));
      if (found !== undefined) return found;
      await once(started.stdout, "data");
    }
  };
  return { child: started, line, exited: once(started, "exit") };
}

test("SIGTERM with 100 calls in flight answers every one of them and ends with code 0", async () => {
  const { child, line, exited } = run(100);
  await line("ready");
  child.kill("SIGTERM");
  child.kill("SIGUSR2");
  expect(await line("answered")).toBe("answered 100");
  expect((await exited)[0]).toBe(0);
});

test("a second SIGINT ends the process at once", async () => {
  const { child, line, exited } = run(1);
  await line("ready");
  child.kill("SIGINT");
  child.kill("SIGTERM");
  expect([130, 143]).toContain((await exited)[0]);
});

test("SIGHUP resets, and the process serves on", async () => {
  const { child, line, exited } = run(1);
  await line("ready");
  child.kill("SIGHUP");
  expect(await line("reset")).toBe("reset 2");
  child.kill("SIGUSR2");
  expect(await line("answered")).toBe("answered 1");
  child.kill("SIGTERM");
  expect((await exited)[0]).toBe(0);
});

test("without its broker SIGHUP resets and SIGTERM ends with code 0", async () => {
  const { child, line, exited } = begin(brokerless, "nats://127.0.0.1:1");
  await line("broker.unreachable");
  expect(await line("read")).toBe("read 1");
  child.kill("SIGHUP");
  expect(await line("reset")).toBe("reset 2");
  child.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
});

test("a second supervisor on the same file is refused, naming the process that holds it", async () => {
  const { child, line } = run(0);
  await line("ready");
  const { createSupervisor } = await import("@reeve/runtime");
  const { silentLogger } = await import("@reeve/testing");
  const { sqlite } = await import("@reeve/runtime/sqlite");
  const second = createSupervisor({
    host: "second",
    store: sqlite({ path: join(directory, "db") }),
    log: silentLogger,
  });
  await expect(second.start()).rejects.toMatchObject({
    code: "FAILED_PRECONDITION",
    reason: "STORE_IN_USE",
    message: expect.stringContaining(String(child.pid)),
  });
});
