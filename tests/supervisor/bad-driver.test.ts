import { call, contract, reeveError } from "@reeve/contract";
import { DriverError, defineDriver, driverPort, query } from "@reeve/driver-sdk";
import { type Context, column, createSupervisor, defineManager, defineStore, job, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, recordingLogger } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";

const nothing = z.object({});
const depots = contract("depot", "1.0", {
  /** Asks the driver. */
  count: call({ input: nothing, output: z.number() }),
  /** Asks nobody. */
  name: call({ input: nothing, output: z.string() }),
  healthy: call({ input: nothing, output: z.boolean() }),
  stock: call({ input: z.object({ id: z.string() }) }),
});
const depotPort = driverPort("depot", {
  version: "1.0",
  methods: { count: query<number>(), stock: query() },
});
const depotStore = defineStore("depot", { tables: { crates: table({ id: column.text().primaryKey() }) } });

/** What a test makes the device do. */
class Device {
  count: (signal: AbortSignal) => number | Promise<number> = () => 7;
  stock: () => void | Promise<void> = () => {};
}

const depotDriver = defineDriver(depotPort, {
  name: "shelf",
  options: z.object({ device: z.instanceof(Device) }),
  setup: ({ device }) => device,
  methods: { count: (device, { signal }) => device.count(signal), stock: (device) => device.stock() },
});

interface Driver {
  readonly healthy: boolean;
  count(options?: object): Promise<number>;
}

interface Hooks {
  setup?(driver: Driver): unknown;
  initHost?(driver: Driver, ctx: Context): unknown;
  initHostWithRpc?(driver: Driver): unknown;
  reset?(driver: Driver): unknown;
  recover?(driver: Driver): unknown;
}

function depotManager(trace: string[], hooks: Hooks) {
  return defineManager({
    contract: depots,
    driver: depotPort,
    store: depotStore,
    jobs: { "crate.stocking": job() },
    limits: { startTimeout: "90s" },
    setup: async ({ driver, address, store, work }) => {
      const noted = async (hook: keyof Hooks, run: () => unknown) => {
        trace.push(`${hook} ${address}`);
        await run();
      };
      if (hooks.setup) await noted("setup", () => hooks.setup!(driver));
      return {
        initHost: (ctx) => noted("initHost", () => hooks.initHost?.(driver, ctx)),
        initHostWithRpc: () => noted("initHostWithRpc", () => hooks.initHostWithRpc?.(driver)),
        reset: () => noted("reset", () => hooks.reset?.(driver)),
        recover: { "crate.stocking": () => noted("recover", () => hooks.recover?.(driver)) },
        operations: {
          count: () => driver.count(),
          name: () => address,
          healthy: () => driver.healthy,
          async stock({ id }) {
            const job = await store.transaction((tx) => work.begin(tx, "crate.stocking", id));
            await work.run(job, async () => driver.stock());
          },
        },
      };
    },
  });
}

/** A host with a depot whose device the test makes fail, and one whose device is well. */
function host(hooks: Hooks) {
  const clock = fakeClock();
  const log = recordingLogger();
  const trace: string[] = [];
  const bad = new Device();
  const restart = { maxRestarts: 3, within: "60s", initialBackoff: 1, maxBackoff: 1 } as const;
  const supervisor = createSupervisor({ host: "a", store: sqlite({ path: ":memory:" }), log, clock, restart });
  const manager = depotManager(trace, hooks);
  supervisor.spawn(manager, { backend: "bad", driver: depotDriver({ device: bad }) });
  supervisor.spawn(manager, { backend: "good", driver: depotDriver({ device: new Device() }) });
  const report = (backend: string) => supervisor.managers().find(({ address }) => address === `a@${backend}`)!;
  const ref = supervisor.ref(depots);
  return {
    clock,
    log,
    supervisor,
    bad,
    trace,
    report,
    depot: { bad: ref.at("a@bad"), good: ref.at("a@good") },
    async [Symbol.asyncDispose]() {
      const stopped = supervisor.stop();
      await clock.advance(60_000);
      await stopped;
    },
  };
}

const never = () => new Promise<never>(() => {});
const counts = { initHost: (driver: Driver) => driver.count() };

test.each<[string, Hooks, (device: Device) => void, string]>([
  [
    "fails it for now",
    counts,
    (device) => {
      device.count = () => {
        throw new DriverError("UNAVAILABLE", "rebuilding");
      };
    },
    "shelf: count: rebuilding",
  ],
  [
    "fails it for good",
    counts,
    (device) => {
      device.count = () => {
        throw new DriverError("DATA_LOSS", "two disks gone");
      };
    },
    "shelf: count: two disks gone",
  ],
  [
    "has a defect",
    counts,
    (device) => {
      device.count = () => Promise.reject(new TypeError("undefined is not a shelf"));
    },
    "shelf: count: undefined is not a shelf",
  ],
  [
    "throws an error of ours",
    counts,
    (device) => {
      device.count = () =>
        Promise.reject(reeveError("BUSY", "somebody else counts", { data: { resource: "volumes" } }));
    },
    "somebody else counts",
  ],
  [
    "does not answer",
    counts,
    (device) => {
      device.count = never;
    },
    "shelf: count: no answer within 60000 ms",
  ],
  [
    "does not answer within the hook's own patience",
    {
      initHost: (driver) => {
        const patience = new AbortController();
        patience.abort(new Error("it takes too long"));
        return driver.count({ signal: patience.signal });
      },
    },
    () => {},
    "shelf: count: cancelled by the caller",
  ],
  [
    "fails it, and the hook says so in words of its own",
    {
      initHost: (driver) =>
        driver.count().catch((cause) => {
          throw new Error("nobody knows what is here", { cause });
        }),
    },
    (device) => {
      device.count = () => {
        throw new DriverError("UNAVAILABLE", "rebuilding");
      };
    },
    "nobody knows what is here: shelf: count: rebuilding",
  ],
])(
  "a driver that %s in initHost degrades its manager alone, which heals when it is well",
  async (_, hooks, spoil, message) => {
    // Only of the one whose device the test spoils; the last hook but one spoils itself.
    let spoilt = true;
    const onlyBad: Hooks = {
      initHost: (driver, ctx) =>
        spoilt && trace.at(-1) === "initHost a@bad" ? hooks.initHost!(driver, ctx) : driver.count(),
    };
    await using running = host(onlyBad);
    const { clock, supervisor, bad, trace, depot, report } = running;
    spoil(bad);
    const starting = supervisor.start();
    await clock.advance(65_400);
    await starting;
    expect(report("good").status).toMatchObject({ state: "serving", phase: "ready" });
    expect(await depot.good.count({})).toBe(7);
    expect(report("bad").status).toMatchObject({ state: "degraded", causes: [{ reason: "PREPARE_FAILED" }] });
    expect(report("bad").status.causes[0]!.message).toBe(message);

    spoilt = false;
    bad.count = () => 7;
    await clock.advance(130_000);
    expect(report("bad")).toMatchObject({ epoch: 1, status: { state: "serving", phase: "ready", causes: [] } });
    expect(await depot.bad.count({})).toBe(7);
    expect(trace.filter((step) => step.endsWith("good"))).toEqual(["initHost a@good", "initHostWithRpc a@good"]);
  },
);

/** A started host whose bad depot could not be prepared. */
async function unprepared(hooks: Hooks = counts) {
  const running = host(hooks);
  running.bad.count = () => {
    throw new DriverError("UNAVAILABLE", "rebuilding");
  };
  await running.supervisor.start();
  return running;
}

test("while it is not prepared, operations run, and find the driver as if it were away", async () => {
  await using running = await unprepared();
  const { clock, bad, depot, report } = running;
  bad.count = () => 7;
  expect(report("bad").status).toMatchObject({ state: "degraded", causes: [{ reason: "PREPARE_FAILED" }] });
  expect(await depot.bad.name({})).toBe("a@bad");
  expect(await depot.bad.healthy({})).toBe(false);
  const refused = await failure(depot.bad.count({}));
  expect(refused).toMatchObject({ reason: "DRIVER_LOST", retryable: true });
  expect(refused.message).toBe("driver shelf cannot be called: depot/a@bad is not prepared: shelf: count: rebuilding");
  await clock.advance(1_000);
  expect(report("bad").status).toMatchObject({ state: "serving", phase: "ready" });
  expect(await depot.bad.healthy({})).toBe(true);
  expect(await depot.bad.count({})).toBe(7);
});

test("after a crash it is the same: no restart is counted for its driver, however long that is unwell", async () => {
  await using running = host(counts);
  const { clock, supervisor, bad, depot, report } = running;
  await supervisor.start();
  bad.count = () => {
    throw new Error("no route to the array");
  };
  supervisor.kill("depot", "a@bad");
  await clock.advance(1_000);
  expect(report("bad")).toMatchObject({
    epoch: 2,
    status: { state: "degraded", causes: [{ reason: "PREPARE_FAILED" }] },
  });
  await clock.advance(3_600_000);
  expect(report("bad")).toMatchObject({ epoch: 2, status: { state: "degraded" } });
  expect(report("good")).toMatchObject({ epoch: 1, status: { state: "serving", phase: "ready" } });
  bad.count = () => 7;
  await clock.advance(60_000);
  expect(report("bad")).toMatchObject({ epoch: 2, status: { state: "serving", phase: "ready" } });
  expect(await depot.bad.count({})).toBe(7);
});

test("what a manager throws of its own in initHost fails the start as before", async () => {
  await using running = host({
    initHost: (driver) =>
      driver.count().catch(() => {
        throw new Error("a depot without a count is none of ours");
      }),
  });
  running.bad.count = () => {
    throw new DriverError("UNAVAILABLE", "rebuilding");
  };
  expect(await failure(running.supervisor.start())).toMatchObject({
    reason: "BOOT_FAILED",
    address: "a@bad",
    message: "depot/a@bad did not start: failed (a depot without a count is none of ours)",
  });
});

test("initHost that takes too long because of its driver degrades, and is not joined by another", async () => {
  const inside = new Map<Driver, number>();
  let most = 0;
  await using running = host({
    // One call after the other, none of which takes too long by itself; and no ear for its signal.
    async initHost(driver) {
      const now = (inside.get(driver) ?? 0) + 1;
      inside.set(driver, now);
      most = Math.max(most, now);
      for (let round = 0; round < 3; round++) await driver.count().catch(() => {});
      inside.set(driver, inside.get(driver)! - 1);
    },
  });
  const { clock, supervisor, bad, report } = running;
  bad.count = never;
  const starting = supervisor.start();
  await clock.advance(90_400);
  await starting;
  expect(report("bad").status).toMatchObject({ state: "degraded", causes: [{ reason: "PREPARE_FAILED" }] });
  expect(report("bad").status.causes[0]!.message).toBe(
    "depot/a@bad: initHost has not returned within 90000 ms; it waits for shelf: count",
  );
  bad.count = () => 7;
  await clock.advance(120_000);
  expect(report("bad")).toMatchObject({ epoch: 1, status: { state: "serving", phase: "ready" } });
  expect(most).toBe(1);
});

test("a setup that calls its driver waits for it as initHost does: its manager opens, says why, and is set up later", async () => {
  await using running = host({ setup: (driver) => driver.count() });
  const { clock, supervisor, bad, trace, depot, report } = running;
  bad.count = () => {
    throw new DriverError("UNAVAILABLE", "rebuilding");
  };
  const starting = supervisor.start();
  await clock.advance(0);
  await starting;
  expect(report("good").status).toMatchObject({ state: "serving", phase: "ready" });
  expect(report("bad").status).toMatchObject({ state: "degraded", causes: [{ reason: "PREPARE_FAILED" }] });
  const refused = await failure(depot.bad.name({}));
  expect(refused).toMatchObject({ reason: "DRIVER_LOST", outcome: "not-executed", retryable: true });
  expect(refused.message).toMatch(/^depot\/a@bad is not set up: /);
  const resetting = supervisor.reset();
  await clock.advance(0);
  await resetting;
  bad.count = () => 7;
  await clock.advance(60_000);
  expect(report("bad")).toMatchObject({ epoch: 1, status: { state: "serving", phase: "ready" } });
  expect(await depot.bad.name({})).toBe("a@bad");
  expect(trace.filter((step) => step.endsWith("bad")).slice(-3)).toEqual([
    "setup a@bad",
    "initHost a@bad",
    "initHostWithRpc a@bad",
  ]);
});

test("initHostWithRpc and reset that their driver fails degrade the manager and are tried again until it is well", async () => {
  await using running = host({ initHostWithRpc: (driver) => driver.count(), reset: (driver) => driver.count() });
  const { clock, supervisor, bad, report } = running;
  const fail = () => {
    throw new DriverError("DATA_LOSS", "two disks gone");
  };
  bad.count = fail;
  await supervisor.start();
  const message = "shelf: count: two disks gone";
  expect(report("bad").status).toMatchObject({ state: "degraded", causes: [{ reason: "WARM_UP_FAILED", message }] });
  bad.count = () => 7;
  await clock.advance(5_000);
  expect(report("bad").status).toMatchObject({ state: "serving", phase: "ready" });
  bad.count = fail;
  const refused = failure(supervisor.reset());
  await clock.advance(0);
  await refused;
  expect(report("bad").status).toMatchObject({ state: "degraded", causes: [{ reason: "RESET_FAILED", message }] });
  bad.count = () => 7;
  await clock.advance(10_000);
  expect(report("bad").status).toMatchObject({ state: "serving", phase: "ready" });
});

test("work whose recovery its driver fails is tried again for ever, and with the start where that is tried again", async () => {
  await using running = host({ initHost: (driver) => driver.count(), recover: (driver) => driver.count() });
  const { clock, supervisor, bad, trace, depot, report } = running;
  await supervisor.start();
  bad.stock = never;
  const left = failure(depot.bad.stock({ id: "crate" }));
  await clock.advance(0);
  bad.count = () => {
    throw new DriverError("DATA_LOSS", "two disks gone");
  };
  supervisor.kill("depot", "a@bad");
  await clock.advance(10_000);
  await left;
  bad.stock = () => {};
  expect(report("bad")).toMatchObject({
    epoch: 2,
    status: { state: "degraded", causes: [{ reason: "PREPARE_FAILED" }] },
  });
  await clock.advance(3_600_000);
  expect(trace.filter((step) => step === "recover a@bad").length).toBeGreaterThan(20);
  bad.count = () => 7;
  for (let waited = 0; report("bad").status.phase !== "ready" && waited < 600; waited++) await clock.advance(100);
  // As soon as it is prepared nothing holds the crate any more.
  await depot.bad.stock({ id: "crate" });
});
