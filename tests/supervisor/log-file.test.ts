import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";

// Each starts a process, which takes its time where many do.
vi.setConfig({ testTimeout: 60_000 });

/** A process whose supervisor logs to a file of this name, and what it does beside. */
function begin(program: string) {
  const directory = mkdtempSync(join(tmpdir(), "reeve-log-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const log = join(directory, "log");
  const script = `
    import { createLogging, createSupervisor } from "@reeve/runtime";
    import { sqlite } from "@reeve/runtime/sqlite";
    const destination = { path: ${JSON.stringify(log)} };
    const given = { host: "child", store: sqlite({ path: ":memory:" }) };
    ${program}`;
  const args = ["--conditions=reeve-source", "--input-type=module", "--eval", script];
  const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const text = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text.stderr += chunk;
  });
  const said = async (word: string) => {
    while (!text.stdout.includes(word)) await once(child.stdout, "data");
  };
  const lines = (path = log) => readFileSync(path, "utf8").trim().split("\n");
  return { child, text, said, lines, log, closed: once(child, "close").then(([code]) => code as number) };
}

test("a process that exits as soon as it has a supervisor with a log file says what it has to say, and no more", async () => {
  const { closed, text } = begin(`
    createSupervisor({ ...given, log: { destination } });
    console.error("expected a port");
    process.exit(2);`);
  expect(await closed).toBe(2);
  expect(text.stderr).toBe("expected a port\n");
});

test.each(["process.exit(1)", 'throw new Error("uncaught")'])(
  "the last lines before `%s` are in the file",
  async (end) => {
    const { closed, lines } = begin(`
    const { log } = createLogging({ destination });
    for (let i = 0; i < 500; i++) log.info({ i }, "line");
    ${end};`);
    expect(await closed).toBe(1);
    expect(lines().map((line) => JSON.parse(line).i)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  },
);

test.each(["log: { destination }", "log: createLogging({ destination })"])(
  "after a rotation SIGHUP opens the file by its name again, with `%s`",
  async (logging) => {
    const { child, said, closed, lines, log } = begin(`
      const supervisor = createSupervisor({ ...given, ${logging} });
      supervisor.handleSignals();
      await supervisor.start();
      process.on("SIGHUP", () => console.log("reopened"));
      setInterval(() => {}, 60_000);
      console.log("ready");`);
    await said("ready");
    renameSync(log, `${log}.1`);
    child.kill("SIGHUP");
    await said("reopened");
    child.kill("SIGTERM");
    expect(await closed).toBe(0);
    expect(lines().join("\n")).toContain('"draining"');
    expect(readFileSync(`${log}.1`, "utf8")).not.toContain('"draining"');
  },
);
