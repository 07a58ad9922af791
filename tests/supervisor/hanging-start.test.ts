import { call, contract } from "@reeve/contract";
import { type Context, column, createSupervisor, defineManager, defineStore, job, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, localCluster, recordingLogger } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";

const clerk = contract("clerk", "1.0", {
  file: call({ input: z.object({ id: z.string() }), output: z.string() }),
});
const store = defineStore("clerk", { tables: { files: table({ id: column.text().primaryKey() }) } });

/** A hook that hangs until it is let go, and does not care for its signal. */
function gate() {
  const gates: PromiseWithResolvers<void>[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  return {
    signals,
    get begun() {
      return gates.length;
    },
    pass: (context?: Pick<Context, "signal">) => {
      const opened = Promise.withResolvers<void>();
      gates.push(opened);
      signals.push(context?.signal);
      return opened.promise;
    },
    release: (at = gates.length - 1) => gates[at]!.resolve(),
  };
}

interface Hooks {
  setup?: () => Promise<void> | void;
  initHost?: (ctx: Context) => Promise<void>;
  initHostWithRpc?: (ctx: Context) => Promise<void>;
  close?: () => void;
}

const clerkManager = ({ setup, ...hooks }: Hooks, startTimeout = "30s") =>
  defineManager({
    contract: clerk,
    limits: { startTimeout: startTimeout as "30s" },
    setup: async () => {
      await setup?.();
      return { ...hooks, operations: { file: ({ id }) => id } };
    },
  });

function supervisorOf(...definitions: ReturnType<typeof clerkManager>[]) {
  const clock = fakeClock();
  const log = recordingLogger();
  const supervisor = createSupervisor({ host: "a", store: sqlite({ path: ":memory:" }), log, clock });
  for (const [at, definition] of definitions.entries()) supervisor.spawn(definition, { backend: `b${at}` });
  return { clock, log, supervisor };
}

test.each(["setup", "initHost"] as const)(
  "a %s that hangs fails the start in time, which tells of which manager it was",
  async (hook) => {
    const hung = gate();
    const { clock, supervisor } = supervisorOf(clerkManager({}), clerkManager({ [hook]: hung.pass }));
    const starting = failure(supervisor.start());
    await clock.advance(29_999);
    expect(supervisor.managers()[1]!.status.state).toBe(hook === "setup" ? "booting" : "preRpc");
    await clock.advance(1);
    expect(supervisor.managers()[1]!.status.state).toBe("failed");
    // What is left of the hook is waited for as after a crash.
    await clock.advance(1_000);
    const failed = await starting;
    expect(failed).toMatchObject({
      reason: "BOOT_FAILED",
      address: "a@b1",
      cause: { reason: "START_TIMEOUT", data: { step: hook, limitMs: 30_000 } },
    });
    expect(failed.message).toBe(
      `clerk/a@b1 did not start: failed (clerk/a@b1: ${hook} has not returned within 30000 ms)`,
    );
    if (hook === "initHost") expect(hung.signals[0]!.aborted).toBe(true);
    expect(supervisor.managers().map(({ status }) => status.state)).toEqual(["stopped", "failed"]);
    expect(clock.pending).toBe(0);
  },
);

test.each(["setup", "initHost", "initHostWithRpc"] as const)(
  "a %s that is slow is named after 10 s and every minute, to the log and in the status, until it returns",
  async (hook) => {
    const slow = gate();
    const { clock, log, supervisor } = supervisorOf(clerkManager({ [hook]: slow.pass }, "5m"));
    const starting = supervisor.start();
    const warned = () =>
      log.lines.filter(({ level }) => level === "warn").map(({ message, fields }) => [message, fields]);
    await clock.advance(9_999);
    expect(warned()).toEqual([]);
    await clock.advance(1);
    const [report] = supervisor.managers();
    const cause = { reason: "START_STALLED", message: `still at ${hook} after 10 s` };
    expect(report!.status.causes).toEqual([cause]);
    expect(warned()).toEqual([
      [
        expect.stringContaining(`still at ${hook} after 10 s`),
        expect.objectContaining({ manager: "clerk", address: "a@b0" }),
      ],
    ]);
    await clock.advance(120_000);
    expect(warned().map(([message]) => /after (\d+ s)/.exec(String(message))?.[1])).toEqual(["10 s", "70 s", "130 s"]);
    slow.release();
    await starting;
    expect(supervisor.managers()).toMatchObject([{ status: { state: "serving", phase: "ready", causes: [] } }]);
    await supervisor.stop();
    expect(clock.pending).toBe(0);
  },
);

test("a setup that returns when it was given up is closed at once, and nothing serves", async () => {
  const late = gate();
  let open = 0;
  const definition = clerkManager({ setup: () => late.pass().then(() => void open++), close: () => void open-- });
  const { clock, supervisor } = supervisorOf(definition);
  const starting = failure(supervisor.start());
  await clock.advance(31_000);
  await starting;
  late.release();
  await clock.advance(0);
  expect(open).toBe(0);
  expect(supervisor.managers()).toMatchObject([{ status: { state: "failed", causes: [] } }]);
  expect(clock.pending).toBe(0);
});

test("a setup that returns in the very turn in which it is given up either starts or leaves nothing open", async () => {
  for (const first of ["release", "time"]) {
    const late = gate();
    let open = 0;
    const definition = clerkManager({ setup: () => late.pass().then(() => void open++), close: () => void open-- });
    const { clock, supervisor } = supervisorOf(definition);
    const starting = supervisor.start().catch(() => undefined);
    await clock.advance(29_999);
    if (first === "release") late.release();
    else clock.setTimeout(() => late.release(), 1);
    await clock.advance(1);
    await starting;
    const [report] = supervisor.managers();
    expect(open).toBe(report!.status.phase === "ready" ? 1 : 0);
    await supervisor.stop();
    expect(open).toBe(0);
    expect(clock.pending).toBe(0);
  }
});

test("an initHostWithRpc that hangs opens the manager degraded, and is tried again once it has returned, not before", async () => {
  const hung = gate();
  const { clock, supervisor } = supervisorOf(clerkManager({ initHostWithRpc: hung.pass }));
  const starting = supervisor.start();
  await clock.advance(30_000);
  await starting;
  const cause = { reason: "WARM_UP_FAILED", message: expect.stringContaining("initHostWithRpc has not returned") };
  expect(supervisor.managers()).toMatchObject([{ status: { state: "degraded", causes: [cause] } }]);
  expect(await supervisor.ref(clerk).file({ id: "x" })).toBe("x");
  expect(hung.signals[0]!.aborted).toBe(true);
  await clock.advance(300_000);
  expect(hung.begun).toBe(1);
  hung.release();
  await clock.advance(5_000);
  expect(hung.begun).toBe(2);
  hung.release();
  await clock.advance(0);
  expect(supervisor.managers()).toMatchObject([{ status: { state: "serving", phase: "ready", causes: [] } }]);
  await supervisor.stop();
  expect(clock.pending).toBe(0);
});

test("a recovery that hangs holds up its resource, not the start", async () => {
  const hung = gate();
  const clock = fakeClock();
  const inited: number[] = [];
  const definition = defineManager({
    contract: clerk,
    store,
    jobs: { filing: job() },
    limits: { startTimeout: "30s", drainTimeout: "1s" },
    setup: ({ store, work }) => ({
      initHost: () => void inited.push(clock.now()),
      operations: {
        file: async ({ id }) => {
          await store.transaction((tx) => work.begin(tx, "filing", id));
          return id;
        },
      },
      recover: { filing: (_, context) => hung.pass(context) },
    }),
  });
  const { supervisor, ref, log, stop } = await localCluster([definition], { clock });
  await ref(clerk).file({ id: "x" });
  supervisor.kill("clerk", "test");
  await clock.advance(1_000);
  expect(hung.begun).toBe(1);
  await clock.advance(10_000);
  const stalled = { reason: "START_STALLED", message: "still at recovery after 10 s" };
  expect(supervisor.managers()).toMatchObject([{ status: { state: "preRpc", causes: [stalled] } }]);
  expect(inited).toHaveLength(1);
  await clock.advance(20_000);
  expect(supervisor.managers()).toMatchObject([{ epoch: 2, status: { phase: "ready", causes: [] } }]);
  expect(inited).toHaveLength(2);
  expect(hung.signals[0]!.aborted).toBe(false);
  expect(log.lines).toContainEqual(
    expect.objectContaining({ level: "warn", message: "recovery not finished in time; continuing the start" }),
  );
  expect(await failure(ref(clerk).file({ id: "x" }))).toMatchObject({ reason: "BUSY" });
  expect(await ref(clerk).file({ id: "y" })).toBe("y");
  hung.release();
  await clock.advance(0);
  await expect.poll(() => ref(clerk).file({ id: "x" })).toBe("x");
  await stop();
  expect(clock.pending).toBe(0);
});

test("an incarnation whose setup hangs after a crash is given up, and the next one comes", async () => {
  const clock = fakeClock();
  const hung = gate();
  let lives = 0;
  const definition = clerkManager({ setup: () => (++lives === 2 ? hung.pass() : undefined) });
  const { supervisor, ref, stop } = await localCluster([definition], { clock });
  supervisor.kill("clerk", "test");
  await clock.advance(45_000);
  expect(supervisor.managers()).toMatchObject([{ epoch: 3, status: { phase: "ready" } }]);
  expect(await ref(clerk).file({ id: "x" })).toBe("x");
  await stop();
  expect(clock.pending).toBe(0);
});

test("a drain in the middle of a slow start takes its warnings with it", async () => {
  const slow = gate();
  const { clock, log, supervisor } = supervisorOf(clerkManager({ initHost: slow.pass }, "5m"));
  const starting = failure(supervisor.start());
  await clock.advance(10_000);
  const stopping = supervisor.stop();
  slow.release();
  await stopping;
  await starting;
  const before = log.lines.length;
  await clock.advance(600_000);
  expect(log.lines).toHaveLength(before);
  expect(clock.pending).toBe(0);
});

test.each([0, -1, "soon", Number.NaN])("startTimeout %j is refused by name", (startTimeout) => {
  expect(() => clerkManager({}, startTimeout as never)).toThrow(/manager clerk: limits: startTimeout/);
});
