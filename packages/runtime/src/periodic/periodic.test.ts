import { reeveError } from "@reeve/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { type Random, seededRandom } from "../base/random.ts";
import { recordingLogger } from "../telemetry/index.ts";
import { createPeriodic } from "./periodic.ts";
import type { PeriodicTask } from "./periodic-task.ts";

type Context = { name: string; signal: AbortSignal };
type Tasks = Record<string, PeriodicTask<Context>>;

function begin(tasks: Tasks, { clock = new ManualClock(), random = (() => 0) as Random } = {}) {
  const log = recordingLogger();
  const periodic = createPeriodic({ tasks, log, clock, random, context: (name, signal) => ({ name, signal }) });
  periodic.start();
  const messages = () => log.lines.map(({ level, message }) => `${level}: ${message}`);
  return { periodic, clock, log, messages };
}

function sleep(clock: ManualClock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimeout(resolve, ms));
}

test("turns keep exact spacing from the due time, however long each run takes", async () => {
  const clock = new ManualClock();
  const starts: number[] = [];
  const run = () => {
    starts.push(clock.now());
    return sleep(clock, starts.length % 2 ? 900 : 10);
  };
  begin({ report: { every: "1s", run } }, { clock });
  await clock.advance(5_500);
  expect(starts).toEqual([1000, 2000, 3000, 4000, 5000]);
});

test("a task that runs immediately runs once at the start and then on its interval", async () => {
  const clock = new ManualClock();
  const starts: number[] = [];
  begin({ report: { every: "1s", immediately: true, run: () => starts.push(clock.now()) } }, { clock });
  expect(starts).toEqual([]);
  await clock.advance(2_000);
  expect(starts).toEqual([0, 1000, 2000]);
});

test("jitter never skips a turn and never adds up, whatever the random numbers are", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 2, max: 1000 }), async (seed, everyMs) => {
      const clock = new ManualClock();
      const starts: number[] = [];
      const task = { every: everyMs, jitter: everyMs - 1, run: () => starts.push(clock.now()) };
      const { periodic } = begin({ task }, { clock, random: seededRandom(seed) });
      await clock.advance(everyMs * 31);
      await periodic.stop(0);
      expect(starts.length).toBeGreaterThanOrEqual(30);
      starts.forEach((at, index) => {
        const late = at - (index + 1) * everyMs;
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThan(everyMs);
      });
      expect(periodic.report().task!.skipped).toBe(0);
    }),
    { numRuns: 20 },
  );
});

test("a slow task delays no other", async () => {
  const clock = new ManualClock();
  let quick = 0;
  begin({ slow: { every: 10, run: () => new Promise(() => {}) }, quick: { every: 10, run: () => quick++ } }, { clock });
  await clock.advance(100);
  expect(quick).toBe(10);
});

test("a task never overlaps itself: turns due meanwhile are skipped and counted, and it goes on at the next", async () => {
  const clock = new ManualClock();
  const starts: number[] = [];
  let running = 0;
  const run = async () => {
    starts.push(clock.now());
    expect(++running).toBe(1);
    if (starts.length === 1) await sleep(clock, 250);
    running--;
  };
  const { periodic, messages } = begin({ report: { every: 100, run } }, { clock });
  await clock.advance(600);
  expect(starts).toEqual([100, 400, 500, 600]);
  expect(periodic.report().report).toMatchObject({ runs: 4, skipped: 2, errors: 0 });
  expect(messages()).toEqual(["warn: periodic task still runs when its next turn is due"]);
});

test("turns missed while the process stood still are counted, and the task runs once", async () => {
  class Frozen extends ManualClock {
    jumped = 0;
    override now() {
      return super.now() + this.jumped;
    }
  }
  const clock = new Frozen();
  const starts: number[] = [];
  const { periodic } = begin({ report: { every: 100, run: () => starts.push(clock.now()) } }, { clock });
  await clock.advance(150);
  clock.jumped = 1_000;
  await clock.advance(250);
  expect(starts).toEqual([100, 1200, 1300, 1400]);
  expect(periodic.report().report).toMatchObject({ runs: 4, skipped: 10 });
});

test("a run that took over half of its interval is told once, until one was quick again", async () => {
  const clock = new ManualClock();
  const lengths = [60, 60, 60, 10, 60];
  const { messages } = begin({ report: { every: 100, run: () => sleep(clock, lengths.shift() ?? 0) } }, { clock });
  await clock.advance(1_000);
  expect(messages()).toEqual(Array(2).fill("warn: periodic task took over half of its interval"));
});

test("errors are isolated and counted; each kind is logged once, then the recovery with the number of failures", async () => {
  const clock = new ManualClock();
  let turn = 0;
  const outcomes: (() => unknown)[] = [
    () => Promise.reject(reeveError("STORE_FAILED", "turn 1")),
    () => {
      throw reeveError("STORE_FAILED", "turn 2, another text");
    },
    () => Promise.reject("no error object"),
    () => Promise.reject(reeveError("STORE_FAILED", "turn 4")),
    () => "worked",
    () => Promise.reject(reeveError("STORE_FAILED", "turn 6")),
  ];
  let others = 0;
  const { periodic, log, messages } = begin(
    { report: { every: 100, run: () => outcomes[turn++]!() }, other: { every: 100, run: () => others++ } },
    { clock },
  );
  await clock.advance(600);
  expect(messages()).toEqual([
    "error: periodic task failed; repeats are counted, not logged",
    "error: periodic task failed; repeats are counted, not logged",
    "info: periodic task works again",
    "error: periodic task failed; repeats are counted, not logged",
  ]);
  expect(log.lines[0]!.fields).toMatchObject({ task: "report", err: { message: "turn 1" } });
  expect(log.lines[2]!.fields).toMatchObject({ failures: 4 });
  expect(periodic.report().report).toMatchObject({ runs: 6, errors: 5 });
  expect(others).toBe(6);
});

test("a context that cannot be made is a failure of that task alone", async () => {
  const clock = new ManualClock();
  const log = recordingLogger();
  const periodic = createPeriodic({
    tasks: { report: { every: 100, run: () => {} } },
    log,
    clock,
    context: () => {
      throw new Error("no context");
    },
  });
  periodic.start();
  await clock.advance(200);
  expect(periodic.report().report).toMatchObject({ runs: 2, errors: 2 });
});

test("`enabled` is asked at each turn; one that throws is an error and not a run", async () => {
  const clock = new ManualClock();
  let enabled: () => boolean = () => false;
  const starts: number[] = [];
  const run = () => starts.push(clock.now());
  const { periodic } = begin(
    { asked: { every: 100, enabled: () => enabled(), run }, never: { every: 100, enabled: false, run } },
    { clock },
  );
  await clock.advance(200);
  enabled = () => true;
  await clock.advance(100);
  enabled = () => {
    throw new Error("unreadable flag");
  };
  await clock.advance(100);
  expect(starts).toEqual([300]);
  expect(periodic.report().asked).toMatchObject({ runs: 1, errors: 1 });
  expect(periodic.report().never).toMatchObject({ runs: 0, errors: 0 });
});

test("stop ends the turns, aborts the present run's signal and waits for it", async () => {
  const clock = new ManualClock();
  const signals: AbortSignal[] = [];
  let cleaned = false;
  const run = async ({ signal, name }: Context) => {
    expect(name).toBe("report");
    signals.push(signal);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await sleep(clock, 50);
    cleaned = true;
    throw new Error("interrupted");
  };
  const { periodic, log } = begin({ report: { every: 100, run } }, { clock });
  await clock.advance(100);
  const stopping = periodic.stop(1_000);
  await clock.advance(50);
  expect(await stopping).toEqual([]);
  expect(cleaned).toBe(true);
  expect(signals[0]!.reason).toMatchObject({ reason: "CANCELLED" });
  await clock.advance(1_000);
  expect(signals).toHaveLength(1);
  expect(log.lines).toEqual([]);
  expect(clock.pending).toBe(0);
});

test("stop names a run that ignores its signal once the bound has passed, and does not wait for it", async () => {
  const clock = new ManualClock();
  const { periodic } = begin(
    { stuck: { every: 100, run: () => new Promise(() => {}) }, fine: { every: 100, run: () => {} } },
    { clock },
  );
  await clock.advance(100);
  const stopping = periodic.stop(500);
  await clock.advance(500);
  expect(await stopping).toEqual(["stuck"]);
  expect(clock.pending).toBe(0);
});

test("a run whose manager stops in the same breath never begins", async () => {
  for (const later of [(stop: () => void) => stop(), queueMicrotask]) {
    const clock = new ManualClock();
    let runs = 0;
    const enabled = () => {
      later(() => void periodic.stop(0));
      return true;
    };
    const { periodic } = begin({ report: { every: 100, enabled, run: () => runs++ } }, { clock });
    await clock.advance(300);
    expect(runs).toBe(0);
    expect(clock.pending).toBe(0);
  }
});

test("the report tells what the inspector shows", async () => {
  const clock = new ManualClock();
  const { periodic } = begin({ report: { every: 100, run: () => sleep(clock, 30) } }, { clock });
  expect(periodic.report().report).toEqual({
    runs: 0,
    errors: 0,
    skipped: 0,
    lastMs: undefined,
    runningMs: undefined,
    nextInMs: 100,
  });
  await clock.advance(120);
  expect(periodic.report().report).toMatchObject({ runs: 1, runningMs: 20, nextInMs: 80 });
  await clock.advance(30);
  expect(periodic.report().report).toMatchObject({ runs: 1, lastMs: 30, runningMs: undefined, nextInMs: 50 });
});

test("an interval longer than one timer can wait is waited in parts", async () => {
  const waits: number[] = [];
  class Watched extends ManualClock {
    override setTimeout(callback: () => void, ms: number) {
      waits.push(ms);
      return super.setTimeout(callback, ms);
    }
  }
  const clock = new Watched();
  const starts: number[] = [];
  const run = () => starts.push(clock.now());
  begin({ rare: { every: "24d", jitter: "20d", run } }, { clock, random: () => 0.5 });
  await clock.advance(34 * 86_400_000);
  expect(starts).toEqual([34 * 86_400_000]);
  expect(Math.max(...waits)).toBeLessThan(2 ** 31);
});

test.each<[string, Record<string, unknown>]>([
  ["periodic.t.every: expected at least 1 ms, got 0", { every: 0 }],
  ['periodic.t.every: expected milliseconds from 0 to 2147483647, or text like "30s", got -1', { every: -1 }],
  ['periodic.t.every: expected milliseconds from 0 to 2147483647, or text like "30s", got "soon"', { every: "soon" }],
  ["periodic.t: give either `every` or `cron`", {}],
  ["periodic.t: give either `every` or `cron`", { every: "1s", cron: "* * * * *" }],
  ['periodic.t.cron: expected a cron pattern and a time zone, got "often" in "UTC"', { cron: "often" }],
  ['periodic.t.cron: "0 0 30 2 *" never falls due', { cron: "0 0 30 2 *" }],
  [
    'periodic.t.cron: expected a cron pattern and a time zone, got "* * * * *" in "Mars/Base"',
    { cron: "* * * * *", timezone: "Mars/Base" },
  ],
  ["periodic.t.cron: expected a pattern, got 7", { cron: 7 }],
  ["periodic.t.timezone: only `cron` has a time zone", { every: "1s", timezone: "UTC" }],
  [
    'periodic.t.jitter: expected less than every "1s", as turns would be skipped, got "1s"',
    { every: "1s", jitter: "1s" },
  ],
  ["periodic.t.immediately: expected a boolean, got 1", { every: "1s", immediately: 1 }],
  ['periodic.t.enabled: expected a boolean or a function, got "yes"', { every: "1s", enabled: "yes" }],
  ['periodic.t: unknown option "evry"; did you mean "every"?', { evry: "1s" }],
  ["periodic.t.run: expected a function, got undefined", { every: "1s", run: undefined }],
])("refused: %s", (message, task) => {
  expect(() => begin({ t: { run: () => {}, ...task } as never })).toThrow(message);
});
