import { call, contract } from "@reeve/contract";
import { defineDriver, driverPort, query } from "@reeve/driver-sdk";
import { type Context, column, defineManager, defineStore, job, table } from "@reeve/runtime";
import { fakeClock, localCluster, testManager } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";
import { sums, sumsManager } from "./math.fixture.ts";

const haunt = contract("haunt", "1.0", { stay: call({ input: z.object({}), output: z.string() }) });
const port = driverPort("bell", { version: "1.0", methods: { ring: query<string>() } });
const bell = defineDriver(port, {
  name: "bell",
  options: z.object({}),
  setup: () => ({}),
  methods: { ring: () => "ding" },
});
const store = defineStore("haunt", { tables: { rooms: table({ id: column.text().primaryKey() }) } });

/** What code of the first incarnation holds on to. */
interface Kept {
  store: () => Promise<unknown>;
  read: () => Promise<unknown>;
  work: () => Promise<unknown>;
  driver: () => Promise<unknown>;
  thread: () => Promise<unknown>;
  reports: () => unknown;
  capabilities: () => void;
  call: () => Promise<unknown>;
  ran: boolean;
  heard: number;
  turns: number;
}

function hauntManager() {
  const lives: Kept[] = [];
  const definition = defineManager({
    contract: haunt,
    driver: port,
    store,
    jobs: { exorcise: job() },
    capabilities: z.object({ rooms: z.number() }),
    limits: { drainTimeout: "1s" },
    setup: async ({ driver, store, work, workers, reports, capabilities }) => {
      const mine = { ran: false, heard: 0, turns: 0 } as Kept;
      lives.push(mine);
      reports.subscribe(() => mine.heard++);
      capabilities.update({ rooms: 1 });
      return {
        initHost: async () => {
          if (lives.length > 1) return;
          const job = await store.transaction((tx) => work.begin(tx, "exorcise", `room ${lives.length}`));
          mine.work = () =>
            work.run(job, async () => {
              mine.ran = true;
              return () => {};
            });
        },
        operations: {
          stay: (_, ctx) => {
            mine.store = () => store.transaction((tx) => tx.insert("rooms", { id: "attic" }));
            mine.read = () => store.selectFrom("rooms").selectAll().execute();
            mine.driver = () => driver.ring();
            mine.thread = () => workers.run(new URL("./no-such-task.js", import.meta.url), undefined);
            mine.reports = () => reports.subscribe(() => mine.heard++);
            mine.capabilities = () => capabilities.update({ rooms: 99 });
            mine.call = () => ctx.ref(sums).add({ a: 1, b: 1 });
            return new Promise<string>(() => {});
          },
        },
        recover: { exorcise: async () => {} },
        periodic: { creak: { every: "1s", run: () => void mine.turns++ } },
      };
    },
  });
  return { definition, lives };
}

test.each(["killed", "restarted after a drain that timed out"])(
  "no handle of an incarnation that was %s does anything any more",
  async (how) => {
    const clock = fakeClock();
    const { definition, lives } = hauntManager();
    const cluster = await localCluster([sumsManager, [definition, { driver: bell({}) }]], { clock });
    const { supervisor } = cluster;
    const staying = failure(cluster.ref(haunt).stay({}));
    const back = supervisor.until("haunt", "test", ({ epoch, status }) => epoch === 2 && status.phase === "ready");
    if (how === "killed") supervisor.kill("haunt", "test");
    else void supervisor.restart("haunt", "test");
    if (how === "killed") expect(await failure(lives[0]!.driver())).toMatchObject({ reason: "DRIVER_LOST" });
    await clock.advance(10_000);
    await back;
    expect(await staying).toMatchObject({ outcome: "maybe-executed" });
    const [ghost] = lives;
    const { turns, heard } = ghost!;
    expect(await failure(ghost!.store())).toMatchObject({ reason: "FENCED" });
    expect(await failure(ghost!.read())).toMatchObject({ reason: "FENCED" });
    expect(await failure(ghost!.work())).toMatchObject({ reason: "FENCED" });
    expect(ghost!.ran).toBe(false);
    expect(await failure(ghost!.driver())).toMatchObject({ reason: "DRIVER_LOST" });
    expect(await failure(ghost!.thread())).toMatchObject({ reason: "NOT_SERVING" });
    expect(() => ghost!.reports()).toThrow(/its handles are dead/);
    expect(await failure(ghost!.call())).toMatchObject({ reason: "CANCELLED" });
    ghost!.capabilities();
    await clock.advance(60_000);
    expect({ turns: ghost!.turns, heard: ghost!.heard }).toEqual({ turns, heard });
    expect(lives[1]!.turns).toBeGreaterThan(0);
    expect(lives[1]!.heard).toBeGreaterThan(0);
    await cluster.stop();
    expect(clock.pending).toBe(0);
  },
);

test.each(["initHost", "initHostWithRpc", "reset"] as const)(
  "an incarnation killed while its %s runs begins nothing more when that returns",
  async (hook) => {
    const clock = fakeClock();
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<AbortSignal>();
    let [lives, turns] = [0, 0];
    const wait = async ({ signal }: Context) => {
      if (lives > 1) return;
      reached.resolve(signal);
      await gate.promise;
    };
    const definition = defineManager({
      contract: haunt,
      setup: () => {
        const life = ++lives;
        return {
          [hook]: wait,
          operations: { stay: () => "" },
          periodic: { creak: { every: "1s", run: () => void (life === 1 && turns++) } },
        };
      },
    });
    const cluster = await localCluster([], { clock });
    cluster.supervisor.spawn(definition);
    if (hook === "reset") {
      await cluster.supervisor.until("haunt", "test", ({ status }) => status.phase === "ready");
      void cluster.supervisor.reset().catch(() => undefined);
    }
    const signal = await reached.promise;
    expect(signal.aborted).toBe(false);
    cluster.supervisor.kill("haunt", "test");
    expect(signal.aborted).toBe(true);
    gate.resolve();
    await clock.advance(60_000);
    expect(turns).toBe(0);
    await cluster.stop();
    expect(clock.pending).toBe(0);
  },
);

test("a probe that hangs when the manager stops leaves no timer", async () => {
  const clock = fakeClock();
  let answer: () => boolean | Promise<boolean> = () => true;
  const definition = defineManager({
    contract: haunt,
    setup: () => ({ isWorking: () => answer(), operations: { stay: () => "" } }),
  });
  const cluster = await testManager(definition, { clock });
  answer = () => new Promise(() => {});
  await clock.advance(11_000);
  await cluster.stop();
  expect(clock.pending).toBe(0);
});

test("a manager whose first probe hangs stops at once, and leaves no timer", async () => {
  const clock = fakeClock();
  const asked = Promise.withResolvers<void>();
  const definition = defineManager({
    contract: haunt,
    setup: () => ({
      isWorking: () => {
        asked.resolve();
        return new Promise<boolean>(() => {});
      },
      operations: { stay: () => "" },
    }),
  });
  const cluster = await localCluster([], { clock });
  const { supervisor } = cluster;
  const ready = supervisor.spawn(definition).ready();
  await asked.promise;
  expect(supervisor.managers()[0]!.status).toMatchObject({ state: "serving", phase: "warmingUp" });
  await cluster.stop();
  await expect(ready).rejects.toThrow();
  expect(clock.pending).toBe(0);
});

test("a driver check that hangs when the manager stops leaves no timer", async () => {
  const clock = fakeClock();
  const deaf = defineDriver(port, {
    name: "deaf",
    options: z.object({}),
    setup: () => ({}),
    methods: { ring: () => "" },
    check: () => new Promise<void>(() => {}),
  });
  const definition = defineManager({
    contract: haunt,
    driver: port,
    setup: ({ driver }) => ({ operations: { stay: () => driver.ring() } }),
  });
  const cluster = await testManager(definition, { clock, driver: deaf({}) });
  await clock.advance(11_000);
  await cluster.stop();
  // The guard round the check gives the driver no grace, but a turn.
  await clock.advance(0);
  expect(clock.pending).toBe(0);
});

test("calls that a hook makes carry one request id, and more of them at once than listeners are allowed", async () => {
  const warnings: unknown[] = [];
  const warned = (warning: unknown) => warnings.push(warning);
  process.on("warning", warned);
  const ids = new Set<string>();
  const asked = contract("asked", "1.0", { who: call({ input: z.object({}), output: z.string() }) });
  const first = defineManager({
    contract: asked,
    setup: () => ({
      operations: {
        who: (_, ctx) => {
          ids.add(ctx.requestId);
          return ctx.peer;
        },
      },
    }),
  });
  const peers = Promise.withResolvers<string[]>();
  const second = defineManager({
    contract: haunt,
    setup: () => ({
      initHostWithRpc: async (ctx) =>
        peers.resolve(await Promise.all(Array.from({ length: 30 }, () => ctx.ref(asked).who({})))),
      operations: { stay: () => "" },
    }),
  });
  await using _cluster = await localCluster([first, second]);
  expect(new Set(await peers.promise)).toEqual(new Set(["haunt/test"]));
  expect(ids.size).toBe(1);
  process.off("warning", warned);
  expect(warnings).toEqual([]);
});
