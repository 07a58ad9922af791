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
    // What a thread was writing just then comes behind the rest.
    const written = lines().map((line): number => JSON.parse(line).i);
    expect(written.sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  },
);

test.each(["log.info({ i: 1 }, 'line')", "for (let i = 0; i < 20_000; i++) log.info({ i }, text)"])(
  "a disk that is full for the log keeps no process from its end: `%s`",
  async (first) => {
    const { closed, text } = begin(`
      const logging = createLogging({ destination: { path: "/dev/full" } });
      const { log } = logging;
      const text = "x".repeat(1_000);
      ${first};
      console.error("the end");
      process.exit(3);`);
    expect(await closed).toBe(3);
    expect(text.stderr).toBe("the end\n");
  },
);

test("a supervisor whose log disk is full serves on, and stops", async () => {
  const { child, said, closed } = begin(`
    const logging = createLogging({ destination: { path: "/dev/full" } });
    const supervisor = createSupervisor({ ...given, log: logging });
    supervisor.handleSignals();
    await supervisor.start();
    const text = "x".repeat(10_000);
    while (logging.lost === 0) {
      logging.log.info(text);
      await new Promise(setImmediate);
    }
    console.log("lost some");
    setInterval(() => {}, 60_000);`);
  await said("lost some");
  child.kill("SIGHUP");
  child.kill("SIGTERM");
  expect(await closed).toBe(0);
});

test("rotations and SIGHUPs in between cost no line, and write none twice", async () => {
  const { closed, log, lines } = begin(`
    import { renameSync } from "node:fs";
    const logging = createLogging({ destination });
    const supervisor = createSupervisor({ ...given, log: logging });
    supervisor.handleSignals();
    await supervisor.start();
    for (let i = 0; i < 20_000; i++) {
      logging.log.info({ i, filler: "x".repeat(i % 700) }, "line");
      if (i % 2_000 === 1_000) renameSync(destination.path, destination.path + "." + i);
      if (i % 500 === 0) process.kill(process.pid, "SIGHUP");
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    process.exit(0);`);
  expect(await closed).toBe(0);
  const files = [log, ...Array.from({ length: 10 }, (_, turn) => `${log}.${turn * 2_000 + 1_000}`)];
  const found = files.flatMap((path) => lines(path)).map((line) => JSON.parse(line).i);
  const numbers = found.filter((i) => i !== undefined).sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
});

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
