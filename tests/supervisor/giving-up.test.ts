import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";

// Each starts a process, which takes its time where many do.
vi.setConfig({ testTimeout: 60_000 });

const program = fileURLToPath(new URL("./giving-up.fixture.ts", import.meta.url));

/** Runs the program until its supervisor has given up. */
async function giveUp(why: "killed" | "fenced", ...ways: readonly string[]) {
  const directory = mkdtempSync(join(tmpdir(), "reeve-giving-up-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const args = ["--conditions=reeve-source", program, directory, why, ...ways];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "close");
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  while (!output.includes("ready\n")) await once(child.stdout, "data");
  if (why === "fenced") succeed(join(directory, "db"));
  child.kill("SIGUSR2");
  const [code, signal] = await exited;
  return { code, signal, output: output.replace("ready\n", ""), log: readFileSync(join(directory, "log"), "utf8") };
}

/** Does what another process that registers at the address does. */
function succeed(path: string): void {
  const database = new DatabaseSync(path);
  const { changes } = database.prepare("update reeve_fence set epoch = epoch + 1 where manager = 'notes'").run();
  expect(changes).toBe(1);
  database.close();
}

test.each([
  ["killed", "RESTARTS_EXHAUSTED"],
  ["fenced", "FENCED"],
] as const)(
  "a supervisor that gives up because its manager is %s ends its process with code 1",
  async (why, reason) => {
    const { code, signal, log } = await giveUp(why, "signals", "busy");
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(log).toContain(reason);
  },
);

test("a SIGTERM while it stops for that does not make a success of it", async () => {
  expect(await giveUp("killed", "signals", "terminated", "busy")).toMatchObject({ code: 1, signal: null });
});

test.each([
  ["nobody follows it, the process says so with its code", [], 1, ""],
  ["signals were given back, the same", ["undone"], 1, ""],
  ["the process has a code already, that stays", ["own-code"], 7, ""],
  ["somebody follows it, the process is left to them", ["followed"], 0, "told RESTARTS_EXHAUSTED\n"],
])("without signals: where %s", async (_, ways, expected, told) => {
  expect(await giveUp("killed", ...ways)).toMatchObject({ code: expected, signal: null, output: told });
});
