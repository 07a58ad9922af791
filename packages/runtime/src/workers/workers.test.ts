import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { type ReeveError, reeveError } from "@reeve/contract";
import { expect, expectTypeOf, onTestFinished, test, vi } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { recordingLogger } from "../telemetry/index.ts";
import type add from "./add.fixture.ts";
import type misbehave from "./misbehave.fixture.ts";
import type { Misdeed } from "./misbehave.fixture.ts";
import type wait from "./wait.fixture.ts";
import { createWorkerPool, type RunOptions, type WorkersOptions } from "./workers.ts";

// As authors write it: the compiled name, though only the source is here.
const addFile = new URL("./add.fixture.js", import.meta.url);
const waitFile = new URL("./wait.fixture.js", import.meta.url);
const misbehaveFile = new URL("./misbehave.fixture.js", import.meta.url);

function open(options: WorkersOptions = {}) {
  const clock = new ManualClock();
  const log = recordingLogger();
  const pool = createWorkerPool({ size: 1, ...options }, log, clock);
  onTestFinished(async () => void (await pool.stop(0)));
  const fail = (how: Misdeed) => pool.run<typeof misbehave>(misbehaveFile, how);
  const sum = () => pool.run<typeof add>(addFile, { a: 1, b: 2 });
  return { pool, clock, log, fail, sum };
}

/** A run that holds its thread until released, with a promise of its being in the thread. */
function hold(pool: ReturnType<typeof open>["pool"], options: RunOptions & { ignore?: boolean } = {}) {
  const cell = new Int32Array(new SharedArrayBuffer(8));
  const { ignore = false, ...rest } = options;
  const answer = pool.run<typeof wait>(waitFile, { cell, ignore }, rest);
  answer.catch(() => {});
  const running = vi.waitFor(() => expect(Atomics.load(cell, 0)).toBe(1), 10_000);
  const release = () => {
    Atomics.store(cell, 1, 1);
    Atomics.notify(cell, 1);
  };
  return { answer, running, release };
}

test("a task runs in another thread, and its input and answer are typed by its file", async () => {
  const { pool, sum } = open();
  const answer = await sum();
  expectTypeOf(answer).toEqualTypeOf<{ sum: number; thread: number }>();
  expect(answer.sum).toBe(3);
  expect(answer.thread).toBeGreaterThan(0);
  expectTypeOf(await pool.run(addFile, { a: 1, b: 1 })).toEqualTypeOf<unknown>();
  // @ts-expect-error an input the task does not take
  await pool.run<typeof add>(addFile, { a: "1" });
});

test("no thread is made before the first run", async () => {
  const { pool } = open({ size: 4 });
  expect(pool.report()).toEqual({ running: 0, queued: 0, size: 4 });
  expect(await pool.stop(0)).toBe(0);
});

test("what a task throws arrives typed, with the worker's stack and causes", async () => {
  const { fail, sum } = open();
  await expect(fail("throw")).rejects.toMatchObject({
    reason: "WORKER_FAILED",
    message: "worker task misbehave.fixture.ts: disk on fire",
    cause: {
      name: "Error",
      code: "EFIRE",
      stack: expect.stringMatching(/disk on fire\n.*misbehave/),
      cause: { message: "spark" },
    },
  });
  await expect(fail("text")).rejects.toMatchObject({ reason: "WORKER_FAILED", cause: { message: "just text" } });
  expect((await sum()).sum).toBe(3);
});

test("a ReeveError arrives as what it was, without data that cannot be copied", async () => {
  const { fail } = open();
  await expect(fail("reeve")).rejects.toMatchObject({
    reason: "BUSY",
    code: "ABORTED",
    data: { resource: "v1" },
    retryable: true,
    cause: { stack: expect.stringContaining("misbehave") },
  });
  const uncopyable = await fail("uncopyable").catch((error: unknown) => error);
  expect(uncopyable).toMatchObject({ reason: "ODD" });
  expect((uncopyable as ReeveError).data).toBeUndefined();
});

test("a thread that exits, crashes or answers with what cannot be copied fails its run, and the pool goes on", async () => {
  const { fail, sum } = open();
  await expect(fail("exit")).rejects.toMatchObject({
    reason: "WORKER_LOST",
    outcome: "maybe-executed",
    message: expect.stringContaining("exited with code: 7"),
  });
  expect((await sum()).sum).toBe(3);
  await expect(fail("later")).rejects.toMatchObject({
    reason: "WORKER_LOST",
    cause: { message: "nobody awaited this" },
  });
  expect((await sum()).sum).toBe(3);
  await expect(fail("function")).rejects.toMatchObject({
    reason: "WORKER_FAILED",
    message: expect.stringContaining("cannot be copied"),
  });
  expect((await sum()).sum).toBe(3);
});

test("runs that wait behind a lost thread still run", async () => {
  const { fail, sum } = open({ size: 1 });
  const lost = fail("exit");
  const behind = [sum(), sum()];
  await expect(lost).rejects.toMatchObject({ reason: "WORKER_LOST" });
  expect((await Promise.all(behind)).map((answer) => answer.sum)).toEqual([3, 3]);
});

test("a task that runs out of memory loses its thread and nothing else", async () => {
  const { fail, sum } = open({ memoryMb: 48 });
  await expect(fail("memory")).rejects.toMatchObject({
    reason: "WORKER_LOST",
    message: "worker task misbehave.fixture.ts: its thread died: it ran out of memory",
  });
  expect((await sum()).sum).toBe(3);
});

test("a thread that cannot even start fails its runs instead of keeping them waiting, and is logged", async () => {
  const script = `
    import { createWorkerPool } from ${JSON.stringify(new URL("./workers.ts", import.meta.url).href)};
    import { recordingLogger } from ${JSON.stringify(new URL("../telemetry/index.ts", import.meta.url).href)};
    const log = recordingLogger();
    const pool = createWorkerPool({ size: 2 }, log);
    const runs = [1, 2, 3].map(() => pool.run(new URL(${JSON.stringify(addFile.href)}), { a: 1, b: 2 }));
    const reasons = (await Promise.allSettled(runs)).map(({ reason }) => reason.reason);
    console.log(JSON.stringify({ reasons, logged: log.lines[0].message }));`;
  // A preload that throws in threads, as a broken instrumentation would.
  const preload =
    'data:text/javascript,import{isMainThread}from"node:worker_threads";if(!isMainThread)throw Error("no")';
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...process.execArgv, "--import", preload, "--input-type=module", "-e", script],
    { timeout: 15_000 },
  );
  expect(JSON.parse(stdout)).toEqual({
    reasons: ["WORKER_LOST", "WORKER_LOST", "WORKER_LOST"],
    logged: "worker thread failed between tasks",
  });
});

test("input that cannot be copied is refused and harms nobody", async () => {
  const { pool, sum } = open();
  await expect(pool.run(addFile, { a: () => 1 })).rejects.toMatchObject({ cause: { name: "DataCloneError" } });
  expect((await sum()).sum).toBe(3);
});

test("a buffer named in `transfer` is moved, not copied", async () => {
  const { pool } = open();
  const buffer = new ArrayBuffer(8);
  await pool.run(addFile, { a: 1, b: 2, buffer }, { transfer: [buffer] });
  expect(buffer.byteLength).toBe(0);
});

test("aborting ends the thread of a running task at once, even of one that never looks up, and the next run goes on", async () => {
  const { pool, sum } = open();
  const controller = new AbortController();
  const spinning = hold(pool, { ignore: true, signal: controller.signal });
  await spinning.running;
  const behind = sum();
  controller.abort(new Error("caller left"));
  await expect(spinning.answer).rejects.toMatchObject({
    reason: "CANCELLED",
    outcome: "maybe-executed",
    cause: { message: "caller left" },
  });
  expect((await behind).sum).toBe(3);
});

test("aborting takes a waiting run out of the line; a reason of ours is what the caller gets", async () => {
  const { pool } = open();
  const first = hold(pool);
  await first.running;
  const controller = new AbortController();
  const waiting = pool.run(addFile, { a: 1, b: 2 }, { signal: controller.signal });
  expect(pool.report()).toEqual({ running: 1, queued: 1, size: 1 });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ reason: "CANCELLED", outcome: "not-executed" });
  expect(pool.report().queued).toBe(0);
  const late = AbortSignal.abort(reeveError("DEADLINE_EXCEEDED", "too late"));
  await expect(pool.run(addFile, {}, { signal: late })).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  first.release();
  expect(await first.answer).toBe("waited");
});

test("as many runs go on at once as there are threads, the rest wait in order, and past the bound they are refused", async () => {
  const { pool } = open({ size: 2, maxQueued: 1 });
  const [one, two] = [hold(pool), hold(pool)];
  await Promise.all([one.running, two.running]);
  const waiting = hold(pool);
  await expect(pool.run(addFile, {})).rejects.toMatchObject({
    reason: "WORKERS_FULL",
    code: "RESOURCE_EXHAUSTED",
    outcome: "not-executed",
    data: { running: 2, queued: 1 },
  });
  one.release();
  await waiting.running;
  two.release();
  waiting.release();
  await Promise.all([one.answer, two.answer, waiting.answer]);
  expect(pool.report()).toEqual({ running: 0, queued: 0, size: 2 });
});

test("stop lets accepted runs finish, waiting ones too, and refuses further ones", async () => {
  const { pool, clock, sum } = open();
  const first = hold(pool);
  await first.running;
  const waiting = sum();
  const stopping = pool.stop(10_000);
  await expect(sum()).rejects.toMatchObject({ reason: "NOT_SERVING" });
  first.release();
  expect(await first.answer).toBe("waited");
  expect((await waiting).sum).toBe(3);
  expect(await stopping).toBe(0);
  expect(clock.pending).toBe(0);
});

test("stop terminates what has not ended within its bound, and says how many", async () => {
  const { pool, clock, sum } = open();
  const spinning = hold(pool, { ignore: true });
  await spinning.running;
  const waiting = sum();
  waiting.catch(() => {});
  const stopping = pool.stop(5_000);
  await clock.advance(5_000);
  await expect(spinning.answer).rejects.toMatchObject({ reason: "CANCELLED", outcome: "maybe-executed" });
  await expect(waiting).rejects.toMatchObject({ reason: "CANCELLED", outcome: "not-executed" });
  expect(await stopping).toBe(2);
});

test("a task is found under its source or its compiled name", async () => {
  const folder = mkdtempSync(join(tmpdir(), "reeve-workers-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  copyFileSync(new URL("./add.fixture.ts", import.meta.url), join(folder, "task.mts"));
  const { pool } = open();
  expect(await pool.run(pathToFileURL(join(folder, "task.mjs")), { a: 1, b: 2 })).toMatchObject({ sum: 3 });
  expect(await pool.run(pathToFileURL(join(folder, "task.mts")), { a: 1, b: 2 })).toMatchObject({ sum: 3 });
});

test("a missing file, another URL and a file without a function is refused by name", async () => {
  const { pool } = open();
  await expect(pool.run(new URL("./none.js", import.meta.url), {})).rejects.toThrow(
    /worker task: file .*none\.js does not exist/,
  );
  await expect(pool.run(new URL("https://example.com/task.js"), {})).rejects.toThrow("expected a file URL");
  await expect(pool.run("./task.js" as never, {})).rejects.toThrow(
    'worker task: expected a file URL such as new URL("./task.js", import.meta.url), got "./task.js"',
  );
  await expect(pool.run(new URL("./no-function.fixture.js", import.meta.url), {})).rejects.toThrow(
    "its default export is string, not a function",
  );
});

test.each([{ size: 0 }, { size: 1.5 }, { maxQueued: -1 }, { memoryMb: 1 }, { threads: 2 }])(
  "%j is refused as options",
  (options) => {
    expect(() => createWorkerPool(options as WorkersOptions, recordingLogger())).toThrow(
      `workers${"threads" in options ? "" : `.${Object.keys(options)[0]}`}`,
    );
  },
);
