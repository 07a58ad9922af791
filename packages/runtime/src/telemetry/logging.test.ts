import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { hidingLogger } from "./hiding-logger.ts";
import type { Logger } from "./logger.ts";
import { createLogging, keepingLines, type LoggingOptions } from "./logging.ts";
import { RecentLines } from "./recent-lines.ts";

function collect(options: LoggingOptions = {}) {
  const raw: string[] = [];
  const logging = createLogging({ ...options, destination: { write: (line) => raw.push(line) } });
  return { ...logging, logging, raw, lines: () => raw.map((line) => JSON.parse(line)) };
}

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "reeve-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("a line is one JSON object with level, time, bindings, fields and message", () => {
  const clock = new ManualClock(Date.UTC(2026, 0, 2));
  const { log, raw, lines } = collect({ clock, bindings: { host: "block-01" } });
  log.child({ manager: "volume", address: "block-01@ssd" }).child({ requestId: "r1" }).info({ id: 7 }, "created");
  expect(raw[0]).toMatch(/^\{.*\}\n$/);
  expect(lines()).toEqual([
    {
      level: "info",
      time: "2026-01-02T00:00:00.000Z",
      host: "block-01",
      manager: "volume",
      address: "block-01@ssd",
      requestId: "r1",
      id: 7,
      msg: "created",
    },
  ]);
});

test("the level changes at run time, for loggers that already exist", () => {
  const { log, logging, lines } = collect();
  const child = log.child({ manager: "volume" });
  child.debug("unheard");
  logging.level = "debug";
  child.debug("heard");
  logging.level = "error";
  child.warn("unheard");
  child.error("heard too");
  logging.level = "silent";
  child.error("unheard");
  expect(lines().map(({ msg }) => msg)).toEqual(["heard", "heard too"]);
  expect(logging.level).toBe("silent");
});

test("what is audited is written at every level, unless the program asked for silence", () => {
  const { logging, log, lines } = collect({ level: "error" });
  log.info({ audit: true }, "first");
  logging.level = "silent";
  log.child({ manager: "volume" }).info({ audit: true }, "second");
  log.error({ audit: "yes" }, "third");
  expect(lines().map(({ msg }) => msg)).toEqual(["first", "second"]);
  const silent = collect({ level: "silent" });
  silent.log.warn({ audit: true }, "fourth");
  expect(silent.lines()).toEqual([]);
});

test("an unknown level is refused by name and leaves the old one", () => {
  const { logging } = collect();
  expect(() => createLogging({ level: "loud" as never })).toThrow("log level: expected one of debug, info");
  expect(() => {
    logging.level = "loud" as never;
  }).toThrow('"loud"');
  expect(logging.level).toBe("info");
});

test("control characters, terminal sequences and text direction marks do not leave the JSON", () => {
  const { log, raw, lines } = collect();
  const nasty = 'a\n{"level":"error"}\r\u001b[2J\u009b31m\u007f\u2028\u202e\0"\\';
  log.child({ [`key${nasty}`]: nasty }).warn({ [`field${nasty}`]: { deep: [nasty] } }, nasty);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for them
  expect(raw[0]!.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
  expect(raw).toHaveLength(1);
  expect(lines()[0]).toMatchObject({ msg: nasty, [`key${nasty}`]: nasty, [`field${nasty}`]: { deep: [nasty] } });
});

test("a field cannot forge the level, the time or a binding", () => {
  const { log, lines } = collect();
  log.child({ address: "block-01" }).info({ level: "error", time: "now", msg: "x", address: "block-02" }, "real");
  expect(lines()[0]).toMatchObject({ level: "info", address: "block-01", msg: "real", address_: "block-02" });
  expect(lines()[0]).toMatchObject({ level_: "error", time_: "now", msg_: "x" });
});

test("what cannot be serialised costs the line at most, never the caller", () => {
  const { log, lines } = collect();
  const circular: { self?: unknown } = {};
  circular.self = circular;
  log.info({ circular, big: 10n }, "circular");
  log.info(
    {
      get trap() {
        throw new Error("trapped");
      },
    },
    "lost",
  );
  log.info("100%s %d");
  expect(lines()).toHaveLength(3);
  expect(lines()[0]).toMatchObject({ msg: "circular", big: 10 });
  expect(lines()[1]).toMatchObject({ level: "error", err: { message: "Error: trapped" } });
  expect(lines()[2]).toMatchObject({ msg: "100%s %d" });
});

test("a destination that throws is counted and harms nobody", () => {
  const logging = createLogging({
    destination: {
      write() {
        throw new Error("full");
      },
    },
  });
  logging.log.info("gone");
  expect(logging.lost).toBe(1);
});

test("a file is appended to, and opened again by name after a rotation", async () => {
  const folder = scratch();
  const path = join(folder, "reeve.log");
  const logging = createLogging({ destination: { path } });
  logging.log.info("one");
  await logging.flush();
  renameSync(path, `${path}.1`);
  logging.reopen();
  logging.log.info("two");
  await logging.close();
  logging.log.info("three");
  expect(readFileSync(`${path}.1`, "utf8")).toContain("one");
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ msg: "two" });
  expect(logging.lost).toBe(1);
});

test("a file that cannot be opened again stays in use, and says so", async () => {
  const folder = join(scratch(), "moved");
  mkdirSync(folder);
  const path = join(folder, "reeve.log");
  const logging = createLogging({ destination: { path } });
  renameSync(folder, `${folder}.1`);
  onTestFinished(() => rmSync(`${folder}.1`, { recursive: true }));
  logging.reopen();
  logging.log.info("two");
  await logging.close();
  const lines = readFileSync(join(`${folder}.1`, "reeve.log"), "utf8")
    .trim()
    .split("\n");
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
    "the log file cannot be opened again; lines go on to the old one",
    "two",
  ]);
});

test("a file that cannot be opened is refused when logging is made", () => {
  const path = join(scratch(), "missing", "reeve.log");
  expect(() => createLogging({ destination: { path } })).toThrow(`cannot append to "${path}"`);
  expect(() => createLogging({ destination: "syslog" as never })).toThrow(
    'log destination: expected "stderr", "stdout", { path } or { write }, got "syslog"',
  );
});

test("a full disk loses no more than lines, and flush still returns", async () => {
  const logging = createLogging({ destination: { path: "/dev/full" } });
  const line = "x".repeat(64 * 1024);
  for (let i = 0; i < 200; i++) logging.log.info(line);
  await logging.flush();
  expect(logging.lost).toBeGreaterThan(0);
  await logging.close();
});

test("lines go to stderr and leave stdout free; the last ones before an exit are kept", async () => {
  const script = `
    import { createLogging } from ${JSON.stringify(new URL("./logging.ts", import.meta.url).href)};
    const { log } = createLogging();
    for (let i = 0; i < 100; i++) log.info({ i }, "line");
    process.exit(3);`;
  const child = spawn(process.execPath, [...process.execArgv, "--input-type=module", "-e", script]);
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (text.stdout += chunk));
  child.stderr.on("data", (chunk) => (text.stderr += chunk));
  const [code] = await once(child, "close");
  expect({ code, stdout: text.stdout }).toEqual({ code: 3, stdout: "" });
  expect(text.stderr.trim().split("\n")).toHaveLength(100);
});

test.each(["await logging.close()", "setTimeout(() => process.exit(0), 100)"])(
  "a reader that takes nothing holds up neither the event loop nor the exit by `%s`",
  async (ending) => {
    const script = `
      import { createLogging } from ${JSON.stringify(new URL("./logging.ts", import.meta.url).href)};
      const logging = createLogging();
      const line = "x".repeat(64 * 1024);
      for (let i = 0; i < 300; i++) logging.log.info(line);
      console.log(logging.lost > 0 ? "lost some" : "lost none");
      ${ending};
      process.exitCode = 0;`;
    // Nobody reads stderr: the pipe holds 64 KiB and stalls.
    const child = spawn(process.execPath, [...process.execArgv, "--input-type=module", "-e", script]);
    onTestFinished(() => void child.kill("SIGKILL"));
    let stdout = "";
    child.stdout.on("data", (chunk) => (stdout += chunk));
    const [[code]] = await Promise.all([once(child, "exit"), once(child.stdout, "end")]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "lost some\n" });
  },
);

test("a pino logger serves as a Logger", () => {
  const lines: string[] = [];
  const log: Logger = pino({}, { write: (line: string) => lines.push(line) });
  log.child({ manager: "volume" }).info({ a: 1 }, "hello");
  expect(JSON.parse(lines[0]!)).toMatchObject({ manager: "volume", a: 1, msg: "hello" });
});

test("the lines that are kept are those that are written, secrets hidden, and of this logger and its children only", () => {
  const { logging, log, raw } = collect({ level: "warn" });
  const recent = new RecentLines();
  const kept = () => recent.after(0).map(({ text }) => text);
  const host = keepingLines(log.child({ host: "block-01" }), recent)!;
  const manager = hidingLogger(host.child({ manager: "volume" }), new Set(["password"]));
  manager.info({ password: "hunter2" }, "below the level");
  expect([kept(), recent.newest]).toEqual([[], 0]);
  manager.warn({ input: { password: "hunter2" }, err: new Error("no room\u202e") }, "not created");
  logging.level = "debug";
  host.debug("heard");
  expect(kept()).toEqual(raw);
  expect(raw.join("")).not.toMatch(/hunter2|\u202e/);
  expect(kept().map((text) => JSON.parse(text))).toMatchObject([
    { host: "block-01", manager: "volume", input: { password: "[redacted]" }, msg: "not created" },
    { level: "debug", msg: "heard" },
  ]);
  log.child({ host: "block-02" }).error("of another host");
  expect([raw.length, kept().length]).toEqual([3, 2]);
});

test("nobody keeps the lines of a logger that is not of Reeve", () => {
  expect(keepingLines(pino({}, { write: () => {} }), new RecentLines())).toBeUndefined();
});
