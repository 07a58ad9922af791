import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract } from "@reeve/contract";
import { type Clock, column, defineManager, defineStore, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, localCluster } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { settlingStore } from "../kit/settling-store.ts";

const minute = 60_000;
const bound = { timeout: 10_000, interval: 1 };
const chores = contract("chores", "1.0", { look: call({ input: z.object({}) }) });
const store = defineStore("chores", { tables: { marks: table({ id: column.text().primaryKey() }) } });

interface Task {
  readonly immediately?: boolean;
  readonly run: (ctx: { readonly signal: AbortSignal }) => unknown;
}

function choresManager({ run, ...options }: Task) {
  const periodic = { hourly: { every: "1h", durable: true, run, ...options } } as const;
  return defineManager({ contract: chores, store, setup: () => ({ operations: { look: () => {} }, periodic }) });
}

/** Lives of one manager on one file and one clock, each begun anew. */
function house() {
  let skewMs = 0;
  const directory = mkdtempSync(join(tmpdir(), "reeve-durable-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  // Time stands still while the disk works, however long that takes.
  const store = settlingStore(sqlite({ path: join(directory, "store.sqlite") }));
  const clock = fakeClock({ settled: store.settled });
  const skewed: Clock = {
    now: () => clock.now(),
    wallNow: () => clock.wallNow() + skewMs,
    setTimeout: (callback, ms) => clock.setTimeout(callback, ms),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  };
  const open = (task: Task) => localCluster([choresManager(task)], { clock: skewed, store });
  const skew = (ms: number) => {
    skewMs = ms;
  };
  return { clock, open, skew };
}

/** Moves on in steps, so that what the store answers meanwhile is taken in. */
async function pass(clock: ReturnType<typeof fakeClock>, minutes: number) {
  for (let passed = 0; passed < minutes; passed++) await clock.advance(minute);
}

test("a durable task runs about hourly in lives of 50 minutes, and keeps its pace in one that is longer", async () => {
  const { clock, open } = house();
  const runs: number[] = [];
  const run = () => runs.push(Math.round(clock.now() / minute));
  for (let life = 0; life < 6; life++) {
    const cluster = await open({ run });
    await pass(clock, 50);
    await cluster.stop();
  }
  expect(runs).toEqual([60, 120, 180, 240, 300].slice(0, runs.length));
  expect(runs.length).toBeGreaterThanOrEqual(4);
  const cluster = await open({ run });
  await pass(clock, 180);
  await cluster.stop();
  expect(runs.length).toBeGreaterThanOrEqual(7);
  const gaps = runs.slice(1).map((at, index) => at - runs[index]!);
  for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(59);
});

test("what has long been due runs at once at the start, and then waits its hour", async () => {
  const { clock, open } = house();
  const runs: number[] = [];
  const run = () => runs.push(Math.round(clock.now() / minute));
  await (await open({ run })).stop();
  await clock.advance(300 * minute);
  const second = await open({ run });
  await expect
    .poll(async () => {
      await clock.advance(1);
      return runs;
    }, bound)
    .toEqual([300]);
  await pass(clock, 30);
  await second.stop();
  const third = await open({ run });
  await pass(clock, 29);
  expect(runs).toEqual([300]);
  await pass(clock, 2);
  await third.stop();
  expect(runs).toEqual([300, 360]);
});

test("a turn that fails, and one that a crash cuts off, comes again in the next life", async () => {
  const { clock, open } = house();
  let runs = 0;
  const counted = async () => {
    await clock.advance(100);
    return runs;
  };
  const run = ({ signal }: { readonly signal: AbortSignal }) => {
    runs += 1;
    if (runs === 1) throw new Error("out of order");
    if (runs > 2) return undefined;
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const failing = await open({ immediately: true, run });
  await expect.poll(counted, bound).toBe(1);
  await failing.stop();
  const killed = await open({ immediately: true, run });
  await expect.poll(counted, bound).toBe(2);
  killed.supervisor.kill("chores", "test");
  await expect.poll(counted, bound).toBe(3);
  await pass(clock, 1);
  await killed.stop();
  const last = await open({ immediately: true, run });
  await pass(clock, 30);
  await last.stop();
  expect(runs).toBe(3);
});

test("a durable task without a store is refused, naming it", async () => {
  const definition = defineManager({
    contract: chores,
    setup: () => ({ operations: { look: () => {} }, periodic: { hourly: { every: "1h", durable: true, run() {} } } }),
  });
  await expect(localCluster([definition])).rejects.toMatchObject({
    message: expect.stringContaining("periodic.hourly.durable: the manager has no store"),
  });
});

test.each([
  [{ cron: "0 * * * *", durable: true }, "periodic.hourly.durable: only `every` is kept across restarts"],
  [{ every: "1h", durable: "yes" }, "periodic.hourly.durable: "],
])("%j is refused, naming the field", async (options, message) => {
  const periodic = { hourly: { ...options, run() {} } } as never;
  const definition = defineManager({
    contract: chores,
    store,
    setup: () => ({ operations: { look: () => {} }, periodic }),
  });
  await expect(localCluster([definition])).rejects.toMatchObject({ message: expect.stringContaining(message) });
});

test("a wall clock that was a year ahead once does not keep a task from running in lives of 50 minutes", async () => {
  const { clock, open, skew } = house();
  let runs = 0;
  const run = () => ++runs;
  const live = async () => {
    const cluster = await open({ run });
    await pass(clock, 50);
    await cluster.stop();
  };
  skew(365 * 24 * 60 * minute);
  for (let life = 0; life < 3; life++) await live();
  skew(0);
  const before = runs;
  for (let life = 0; life < 4; life++) await live();
  expect(runs - before).toBeGreaterThanOrEqual(2);
});
