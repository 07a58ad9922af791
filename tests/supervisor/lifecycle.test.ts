import type { ReeveError } from "@reeve/contract";
import { call, contract } from "@reeve/contract";
import { defineDriver, driverPort, query } from "@reeve/driver-sdk";
import { type Context, defineManager } from "@reeve/runtime";
import { fakeClock, localCluster, testManager } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";

const lamps = contract("lamps", "1.0", {
  colours: call({ output: z.array(z.string()), input: z.object({}) }),
  slow: call({ input: z.object({}), output: z.string() }),
});
const lampPort = driverPort("lamp", { version: "1.0", methods: { colours: query<string[]>() } });

/** A lamp whose wire a test can pull. */
function wiredLamp() {
  const wire = { plugged: true };
  const lamp = defineDriver(lampPort, {
    name: "wired-lamp",
    options: z.object({}),
    setup: () => {
      if (!wire.plugged) throw new Error("no lamp on the wire");
      return wire;
    },
    methods: { colours: () => ["red"] },
    check: () => {
      if (!wire.plugged) throw new Error("the wire was pulled");
    },
  });
  return { wire, driver: lamp({}) };
}

interface LampHooks {
  readonly working?: (ctx: Context) => boolean | Promise<boolean>;
  readonly seen?: (driver: { readonly healthy: boolean }) => void;
}

function lampManager(trace: string[] = [], hooks: LampHooks = {}) {
  let release = () => {};
  const definition = defineManager({
    contract: lamps,
    driver: lampPort,
    config: z.object({ brightness: z.number().max(10).default(5) }),
    setup: ({ driver, config }) => {
      hooks.seen?.(driver);
      return {
        initHost: () => void trace.push("initHost"),
        initHostWithRpc: (ctx: Context) => {
          trace.push("initHostWithRpc");
          expect(ctx.signal.aborted).toBe(false);
        },
        isWorking: hooks.working ?? (() => true),
        reset: () => void trace.push(`reset ${config.current.brightness}`),
        close: () => void trace.push("close"),
        operations: {
          colours: () => driver.colours(),
          slow: () => new Promise<string>((resolve) => (release = () => resolve("done"))),
        },
      };
    },
  });
  return { definition, release: () => release() };
}

const abortable = ({ signal }: Context) =>
  new Promise<boolean>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

test("hooks run in order, before and after RPC is up, and close comes last", async () => {
  const trace: string[] = [];
  const cluster = await testManager(lampManager(trace).definition, { driver: wiredLamp().driver });
  expect(await cluster.calls.colours({})).toEqual(["red"]);
  await cluster.stop();
  expect(trace).toEqual(["initHost", "initHostWithRpc", "close"]);
});

test("a driver that will not set up opens the manager degraded, and its return brings it up unaided", async () => {
  const clock = fakeClock();
  const trace: string[] = [];
  const { wire, driver } = wiredLamp();
  wire.plugged = false;
  const starting = testManager(lampManager(trace).definition, { driver, clock });
  await clock.advance(10_000);
  await using cluster = await starting;
  expect(cluster.status).toMatchObject({ state: "degraded", causes: [{ reason: "DRIVER_LOST" }] });
  expect(await failure(cluster.calls.colours({}))).toMatchObject({ code: "UNAVAILABLE", reason: "DRIVER_LOST" });
  expect(trace).toEqual([]);
  wire.plugged = true;
  await clock.advance(60_000);
  expect(cluster.status).toMatchObject({ state: "serving", phase: "ready", causes: [] });
  expect(trace).toEqual(["initHost", "initHostWithRpc"]);
  expect(await cluster.calls.colours({})).toEqual(["red"]);
});

test("a driver lost while serving degrades the manager, names the cause, and heals it when it returns", async () => {
  const clock = fakeClock();
  const { wire, driver } = wiredLamp();
  await using cluster = await testManager(lampManager().definition, { driver, clock });
  wire.plugged = false;
  await clock.advance(10_000);
  expect(cluster.status).toMatchObject({ state: "degraded", causes: [{ reason: "DRIVER_LOST" }] });
  expect(cluster.status.causes[0]!.message).toContain("the wire was pulled");
  wire.plugged = true;
  await clock.advance(10_000);
  expect(cluster.status).toMatchObject({ state: "serving", phase: "ready", causes: [] });
});

test("what keeps a driver away is said as it is now, not as it was when the driver was lost", async () => {
  const clock = fakeClock();
  let fails = "no lamp on the wire";
  const fail = () => {
    if (fails !== "") throw new Error(fails);
  };
  const lamp = defineDriver(lampPort, {
    name: "fickle-lamp",
    options: z.object({}),
    setup: fail,
    methods: { colours: () => ["red"] },
    check: fail,
  });
  const starting = testManager(lampManager().definition, { driver: lamp({}), clock });
  await clock.advance(10_000);
  await using cluster = await starting;
  const causes = () => cluster.status.causes.map(({ reason, message }) => `${reason} ${message}`);
  expect(causes()).toEqual(["DRIVER_LOST fickle-lamp: setup: no lamp on the wire"]);
  fails = "wrong password";
  await clock.advance(60_000);
  expect(causes()).toEqual(["DRIVER_LOST fickle-lamp: setup: wrong password"]);
  fails = "";
  await clock.advance(60_000);
  expect(cluster.status).toMatchObject({ state: "serving", phase: "ready", causes: [] });
  fails = "the wire was pulled";
  await clock.advance(10_000);
  expect(causes()).toEqual(["DRIVER_LOST fickle-lamp: check: the wire was pulled"]);
  fails = "the bulb burnt out";
  await clock.advance(10_000);
  expect(causes()).toEqual(["DRIVER_LOST fickle-lamp: check: the bulb burnt out"]);
});

test.each([
  ["says no", () => false, "isWorking said no"],
  ["throws", () => expect.fail("broken probe"), "broken probe"],
  ["hangs", () => new Promise<boolean>(() => {}), "gave no answer within 5000 ms"],
  ["heeds its signal", abortable, "gave no answer within 5000 ms"],
])("isWorking that %s degrades the manager and says why, until it says yes again", async (_, bad, message) => {
  const clock = fakeClock();
  let working: (ctx: Context) => boolean | Promise<boolean> = () => true;
  const { definition } = lampManager([], { working: (ctx) => working(ctx) });
  await using cluster = await testManager(definition, { driver: wiredLamp().driver, clock });
  working = bad;
  await clock.advance(20_000);
  expect(cluster.status).toMatchObject({ state: "degraded", causes: [{ reason: "NOT_WORKING" }] });
  expect(cluster.status.causes[0]!.message).toContain(message);
  working = () => true;
  await clock.advance(10_000);
  expect(cluster.status).toMatchObject({ state: "serving", phase: "ready", causes: [] });
});

test("a manager that does not work is not ready for a moment, neither at its start nor after a crash", async () => {
  let working = false;
  const answer = () => new Promise<boolean>((resolve) => setImmediate(() => resolve(working)));
  const { definition } = lampManager([], { working: answer });
  await using cluster = await testManager(definition, { driver: wiredLamp().driver });
  expect(cluster.status).toMatchObject({ state: "degraded", causes: [{ reason: "NOT_WORKING" }] });
  cluster.supervisor.kill("lamps", "test");
  const phases = new Set<unknown>();
  await cluster.supervisor.until("lamps", "test", ({ epoch, status: { state, phase } }) => {
    phases.add(phase);
    return epoch === 2 && state === "degraded";
  });
  expect(phases).not.toContain("ready");
  working = true;
  await cluster.reset();
  await cluster.supervisor.until("lamps", "test", ({ status: { phase } }) => phase === "ready");
});

test("isWorking may ask other managers, which know who asks", async () => {
  const grids = contract("grid", "1.0", { powers: call({ input: z.object({}), output: z.boolean() }) });
  let asker = "";
  const grid = defineManager({
    contract: grids,
    setup: () => ({
      operations: {
        powers: (_, { peer }) => {
          asker = peer;
          return true;
        },
      },
    }),
  });
  const { definition } = lampManager([], { working: (ctx) => ctx.ref(grids).powers({}) });
  await using cluster = await testManager(definition, { driver: wiredLamp().driver, others: [grid] });
  expect(cluster.status).toMatchObject({ state: "serving", phase: "ready" });
  expect(asker).toBe("lamps/test");
});

test("a driver that is back heals a manager whose isWorking asks for it, at once and not at the next probe", async () => {
  const clock = fakeClock();
  let healthy = () => true;
  const { definition } = lampManager([], {
    working: () => healthy(),
    seen: (driver) => (healthy = () => driver.healthy),
  });
  const { wire, driver } = wiredLamp();
  const limits = { driver: { checkEvery: "400ms" } } as const;
  await using cluster = await testManager(definition, { driver, clock, limits });
  await clock.advance(9_500);
  wire.plugged = false;
  await clock.advance(600);
  expect(cluster.status.causes.map(({ reason }) => reason)).toEqual(["DRIVER_LOST", "NOT_WORKING"]);
  wire.plugged = true;
  await clock.advance(400);
  expect(cluster.status).toMatchObject({ state: "serving", phase: "ready", causes: [] });
});

test("an answer of isWorking that was on its way when the driver came back is asked for again", async () => {
  const clock = fakeClock();
  const asked: ((working: boolean) => void)[] = [];
  let started = false;
  const working = () => !started || new Promise<boolean>((resolve) => asked.push(resolve));
  const { definition } = lampManager([], { working });
  const { wire, driver } = wiredLamp();
  const limits = { driver: { checkEvery: "1s" } } as const;
  await using cluster = await testManager(definition, { driver, clock, limits });
  started = true;
  await clock.advance(9_500);
  wire.plugged = false;
  await clock.advance(1_000);
  expect(asked).toHaveLength(1);
  wire.plugged = true;
  await clock.advance(1_000);
  asked[0]!(false);
  await clock.advance(1);
  expect(cluster.status.causes.map(({ reason }) => reason)).toEqual(["NOT_WORKING"]);
  asked[1]!(true);
  await clock.advance(1);
  expect(cluster.status).toMatchObject({ state: "serving", phase: "ready", causes: [] });
  expect(asked).toHaveLength(2);
});

test("a reset reads the config again; a bad one leaves the old in force, and is a cause until a good one is read", async () => {
  const trace: string[] = [];
  let brightness = 1;
  await using cluster = await testManager(lampManager(trace).definition, {
    driver: wiredLamp().driver,
    config: () => ({ brightness }),
  });
  brightness = 2;
  await cluster.reset();
  brightness = 99;
  const refused = await failure(cluster.reset());
  expect(refused.message).toContain("brightness");
  // A typo in a file must not take a fleet out of placement.
  const ready = { state: "serving", phase: "ready" };
  const cause = { reason: "CONFIG_REFUSED", message: expect.stringContaining("brightness") };
  expect(cluster.status).toMatchObject({ ...ready, causes: [cause] });
  const told = cluster.log.lines.filter((line) => JSON.stringify(line).includes("brightness"));
  expect(told).toMatchObject([{ level: "warn", message: expect.stringContaining("(CONFIG_REFUSED: ") }]);
  expect(await cluster.calls.colours({})).toEqual(["red"]);
  await failure(cluster.reset());
  expect(cluster.status).toMatchObject({ ...ready, causes: [cause] });
  brightness = 3;
  await cluster.reset();
  expect(cluster.status).toMatchObject({ ...ready, causes: [] });
  expect(trace.filter((line) => line.startsWith("reset"))).toEqual(["reset 2", "reset 3"]);
});

test.each<[string, () => object | Promise<object>, string]>([
  [
    "throws",
    () => expect.fail("no such file"),
    "config of lamps at test: its source failed: AssertionError: no such file",
  ],
  ["hangs", () => new Promise<never>(() => {}), "config of lamps at test: its source gave nothing within 25000 ms"],
])("a config source that %s degrades nothing, and is a cause until it is read", async (_, broken, message) => {
  const clock = fakeClock();
  let source: () => object | Promise<object> = () => ({ brightness: 1 });
  await using cluster = await testManager(lampManager([]).definition, {
    driver: wiredLamp().driver,
    config: () => source(),
    clock,
  });
  source = broken;
  const refused = failure(cluster.reset());
  await clock.advance(25_000);
  expect((await refused).message).toBe(`reset: ${message}`);
  expect(cluster.status).toMatchObject({ phase: "ready", causes: [{ reason: "CONFIG_REFUSED", message }] });
  source = () => ({ brightness: 2 });
  await cluster.reset();
  expect(cluster.status).toMatchObject({ phase: "ready", causes: [] });
});

test("a reset that throws or hangs heals once it can, and is never run beside itself", async () => {
  const clock = fakeClock();
  let running = 0;
  let most = 0;
  let hook: () => Promise<void> = () => Promise.reject(new Error("the scheduler is away"));
  const definition = defineManager({
    contract: lamps,
    setup: () => ({
      reset: async () => {
        most = Math.max(most, ++running);
        await hook().finally(() => running--);
      },
      operations: { colours: () => ["red"], slow: () => "" },
    }),
  });
  await using cluster = await testManager(definition, { clock });
  const message = () => cluster.status.causes.map((cause) => cause.message).join();
  expect((await failure(cluster.reset())).message).toContain("the scheduler is away");
  expect(cluster.status).toMatchObject({ state: "degraded", causes: [{ reason: "RESET_FAILED" }] });
  hook = async () => {};
  await clock.advance(10_000);
  expect(cluster.status).toMatchObject({ state: "serving", phase: "ready", causes: [] });
  const hanging = Promise.withResolvers<void>();
  hook = () => hanging.promise;
  const reset = failure(cluster.reset());
  await clock.advance(30_000);
  expect((await reset).message).toContain("it took longer than 30000 ms");
  await clock.advance(10_000);
  expect(message()).toBe("the last reset has not returned");
  expect(await cluster.calls.colours({})).toEqual(["red"]);
  hanging.resolve();
  hook = async () => {};
  await clock.advance(20_000);
  expect(cluster.status).toMatchObject({ state: "serving", phase: "ready", causes: [] });
  expect(most).toBe(1);
});

test("a configuration that is refused does not make up for a reset that failed", async () => {
  const clock = fakeClock();
  let away = true;
  let config: object = {};
  const definition = defineManager({
    contract: lamps,
    config: z.object({ brightness: z.number().default(5) }),
    setup: () => ({
      reset: () => {
        if (away) throw new Error("the scheduler is away");
      },
      operations: { colours: () => ["red"], slow: () => "" },
    }),
  });
  await using cluster = await testManager(definition, { clock, config: () => config });
  await failure(cluster.reset());
  config = { brightness: "bright" };
  expect((await failure(cluster.reset())).message).toContain("brightness");
  const causes = () => cluster.status.causes.map(({ reason }) => reason).sort();
  expect([cluster.status.state, causes()]).toEqual(["degraded", ["CONFIG_REFUSED", "RESET_FAILED"]]);
  away = false;
  await clock.advance(60_000);
  expect([cluster.status.phase, causes()]).toEqual(["ready", ["CONFIG_REFUSED"]]);
  config = {};
  await cluster.reset();
  expect([cluster.status.phase, causes()]).toEqual(["ready", []]);
});

test("100 resets at once run at most two, and the last config wins", async () => {
  const trace: string[] = [];
  let brightness = 0;
  await using cluster = await testManager(lampManager(trace).definition, {
    driver: wiredLamp().driver,
    config: () => ({ brightness }),
  });
  const resets = Array.from({ length: 100 }, (_, i) => {
    brightness = i / 10;
    return cluster.reset();
  });
  await Promise.all(resets);
  const ran = trace.filter((line) => line.startsWith("reset"));
  expect(ran.length).toBeLessThanOrEqual(2);
  expect(ran.at(-1)).toBe("reset 9.9");
});

test("a call that runs when the manager drains is answered; one that arrives then is refused", async () => {
  const { definition, release } = lampManager();
  const cluster = await testManager(definition, { driver: wiredLamp().driver });
  const running = cluster.calls.slow({});
  const stopping = cluster.stop();
  expect(await failure(cluster.calls.colours({}))).toMatchObject({ reason: "NOT_SERVING", outcome: "not-executed" });
  release();
  expect(await running).toBe("done");
  await stopping;
});

test("a drain that times out aborts what is left and still ends", async () => {
  const clock = fakeClock();
  const { definition } = lampManager();
  const cluster = await testManager(definition, { driver: wiredLamp().driver, clock });
  const running = failure(cluster.calls.slow({}, { timeout: "10m" }));
  const stopping = cluster.stop();
  await clock.advance(30_000);
  expect(await running).toMatchObject({ reason: "NOT_SERVING", outcome: "maybe-executed" });
  await clock.advance(30_000);
  await stopping;
});

test("two managers that call each other from initHostWithRpc start without waiting for each other", async () => {
  const ping = contract("ping", "1.0", { hello: call({ input: z.object({}), output: z.string() }) });
  const pong = contract("pong", "1.0", { hello: call({ input: z.object({}), output: z.string() }) });
  const heard: string[] = [];
  const first = defineManager({
    contract: ping,
    setup: () => ({
      initHostWithRpc: async (ctx) => void heard.push(await ctx.ref(pong).hello({})),
      operations: { hello: async () => "ping" },
    }),
  });
  const second = defineManager({
    contract: pong,
    setup: () => ({
      initHostWithRpc: async (ctx) => void heard.push(await ctx.ref(ping).hello({})),
      operations: { hello: async () => "pong" },
    }),
  });
  await using cluster = await localCluster([first, second]);
  expect(heard.sort()).toEqual(["ping", "pong"]);
  expect(cluster.supervisor.managers().every(({ status }) => status.phase === "ready")).toBe(true);
});

test("a call made from initHost to a manager that does not serve fails at once", async () => {
  let refused: ReeveError | undefined;
  const ping = contract("ping", "1.0", { hello: call({ input: z.object({}), output: z.string() }) });
  const self = defineManager({
    contract: ping,
    setup: () => ({
      initHost: async (ctx) => {
        refused = await failure(ctx.ref(ping).hello({}));
      },
      operations: { hello: async () => "ping" },
    }),
  });
  await using _cluster = await localCluster([self]);
  expect(refused).toMatchObject({ reason: "NOT_SERVING", outcome: "not-executed" });
});
