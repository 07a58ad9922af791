import { call, contract, type ReeveError } from "@reeve/contract";
import { defineDriver, driverPort, query } from "@reeve/driver-sdk";
import {
  createSupervisor,
  defineManager,
  inProcess,
  openEnvironment,
  type StoreBackend,
  type SupervisorOptions,
} from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, recordingLogger } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { sumsManager } from "./math.fixture.ts";

const never = () => new Promise<never>(() => {});
type Part = "inspector" | "store" | "transport";

/** What a supervisor closes last; those that hang are told to close, and never say that they have. */
function parts(hanging: readonly Part[]) {
  const closed: Part[] = [];
  const closing = (part: Part, close: () => Promise<void>) => () => {
    closed.push(part);
    return hanging.includes(part) ? never() : close();
  };
  const inner = sqlite({ path: ":memory:" });
  const store: StoreBackend = {
    open: async (options) => {
      const connections = await inner.open(options);
      return Object.assign(connections, { close: closing("store", connections.close.bind(connections)) });
    },
  };
  const client = inProcess().client({ caller: "a" });
  const transport = Object.assign(client, { close: closing("transport", client.close.bind(client)) });
  const page = { url: "http://page", close: closing("inspector", async () => {}) };
  return { closed, given: { store, transport, inspector: { attach: async () => page } } };
}

function supervisorWith(given: Partial<SupervisorOptions>) {
  const clock = fakeClock();
  const log = recordingLogger();
  const supervisor = createSupervisor({ host: "a", log, clock, stopTimeout: "20s", ...given });
  const leftBehind = () =>
    log.lines
      .filter(({ message }) => message === "cleanup timed out and was abandoned")
      .map(({ fields }) => fields.cleanup);
  /** How long the stop took. */
  const stop = async () => {
    const startedAt = clock.now();
    let took = Number.NaN;
    const stopping = supervisor.stop().then(() => {
      took = clock.now() - startedAt;
    });
    await clock.advance(20_000);
    expect(took).not.toBeNaN();
    await stopping;
    await supervisor.finished;
    return took;
  };
  return { clock, log, supervisor, leftBehind, stop };
}

test.each<Part[][]>([[["store"]], [["transport"]], [["inspector"]], [["inspector", "store", "transport"]]])(
  "a stop ends in its time though %j hangs; the rest is closed, and what was abandoned is named",
  async (hanging) => {
    const { closed, given } = parts(hanging);
    const { supervisor, clock, leftBehind, stop } = supervisorWith(given);
    supervisor.spawn(sumsManager);
    await supervisor.start();
    expect(await stop()).toBeLessThanOrEqual(20_000);
    expect(closed).toEqual(["inspector", "store", "transport"]);
    expect(leftBehind()).toEqual(hanging);
    expect(supervisor.managers()).toMatchObject([{ status: { state: "stopped", failure: undefined } }]);
    expect(clock.pending).toBe(0);
  },
);

test("a stop in which nothing hangs takes no time", async () => {
  const { closed, given } = parts([]);
  const { supervisor, stop, leftBehind } = supervisorWith(given);
  supervisor.spawn(sumsManager);
  await supervisor.start();
  expect(await stop()).toBe(0);
  expect(closed).toHaveLength(3);
  expect(leftBehind()).toEqual([]);
});

test("managers that take all the time there is leave some to what is closed after them", async () => {
  const { closed, given } = parts(["inspector"]);
  const { supervisor, clock, log, stop, leftBehind } = supervisorWith(given);
  const stubborn = defineManager({
    contract: contract("stubborn", "1.0", { stay: call({ input: z.object({}) }) }),
    limits: { drainTimeout: "1h" },
    setup: () => ({ close: never, operations: { stay: () => {} } }),
  });
  supervisor.spawn(stubborn);
  await supervisor.start();
  expect(await stop()).toBeLessThanOrEqual(20_000);
  expect(closed).toEqual(["inspector", "store", "transport"]);
  expect(leftBehind()).toEqual(["close", "inspector"]);
  expect(log.lines).toContainEqual(
    expect.objectContaining({
      message: "shutdown timed out; terminating remaining managers",
      fields: expect.objectContaining({ left: ["stubborn/a"] }),
    }),
  );
  expect(clock.pending).toBe(0);
});

test("a driver whose close hangs is named and abandoned, and the stop ends in its time", async () => {
  const port = driverPort("door", { version: "1.0", methods: { open: query<string>() } });
  const stuck = defineDriver(port, {
    name: "stuck",
    options: z.object({}),
    setup: () => ({}),
    close: never,
    methods: { open: () => "" },
  });
  const definition = defineManager({
    contract: contract("porter", "1.0", { open: call({ input: z.object({}), output: z.string() }) }),
    driver: port,
    setup: ({ driver }) => ({ operations: { open: () => driver.open() } }),
  });
  const { closed, given } = parts([]);
  const { supervisor, clock, log, stop } = supervisorWith(given);
  supervisor.spawn(definition, { driver: stuck({}) });
  await supervisor.start();
  expect(await stop()).toBeLessThanOrEqual(20_000);
  expect(log.lines).toContainEqual(
    expect.objectContaining({
      message: "driver did not close in time",
      fields: expect.objectContaining({ driver: "stuck", manager: "porter", address: "a" }),
    }),
  );
  expect(closed).toHaveLength(3);
  expect(clock.pending).toBe(0);
});

test("a store that never opens does not keep the stop, and the start tells", async () => {
  const opening = Promise.withResolvers<void>();
  const { closed, given } = parts([]);
  const slow: StoreBackend = { open: (options) => opening.promise.then(() => given.store.open(options)) };
  const { supervisor, clock, stop } = supervisorWith({ ...given, store: slow });
  supervisor.spawn(sumsManager);
  const starting = supervisor.start().catch((error: ReeveError) => error);
  await clock.advance(1);
  expect(await stop()).toBeLessThanOrEqual(20_000);
  expect(await starting).toMatchObject({ reason: "NOT_SERVING" });
  expect(closed).toEqual(["transport"]);
  // Should it open after all, it is closed again.
  opening.resolve();
  await clock.advance(0);
  expect(closed).toEqual(["transport", "store"]);
  expect(clock.pending).toBe(0);
});

test("an inspector that never shows itself does not keep the stop, and is closed when it does after all", async () => {
  const attaching = Promise.withResolvers<void>();
  const { closed, given } = parts([]);
  const inspector = { attach: () => attaching.promise.then(() => given.inspector.attach()) };
  const { supervisor, clock, stop } = supervisorWith({ ...given, inspector });
  const starting = supervisor.start().catch((error: ReeveError) => error);
  await clock.advance(1);
  await stop();
  expect(await starting).toMatchObject({ reason: "NOT_SERVING" });
  attaching.resolve();
  await clock.advance(0);
  expect(closed).toEqual(["store", "transport", "inspector"]);
  expect(clock.pending).toBe(0);
});

test("a start that fails on a transport ends though the store's close hangs", async () => {
  const { closed, given } = parts(["store"]);
  const refused = Object.assign(given.transport, { connect: () => Promise.reject(new Error("no broker")) });
  const { supervisor, clock, leftBehind } = supervisorWith({ ...given, transport: refused });
  const starting = supervisor.start().catch((error: Error) => error);
  await clock.advance(40_000);
  expect(await starting).toMatchObject({ message: "no broker" });
  expect(closed).toEqual(["store", "transport"]);
  expect(leftBehind()).toEqual(["store"]);
  expect(clock.pending).toBe(0);
});

test("an environment without a supervisor is let go of in the same time", async () => {
  const { closed, given } = parts(["store"]);
  const { store, transport } = given;
  const clock = fakeClock();
  const log = recordingLogger();
  const opened = await openEnvironment({ host: "a", log, clock, stopTimeout: "20s", store, transport });
  const closing = opened.close();
  await clock.advance(20_000);
  await closing;
  expect(closed).toEqual(["store", "transport"]);
  expect(clock.pending).toBe(0);
});
