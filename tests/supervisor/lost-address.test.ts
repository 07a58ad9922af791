import { call, contract } from "@reeve/contract";
import { defineDriver, driverPort, query } from "@reeve/driver-sdk";
import { createSupervisor, defineManager, inProcess, type ManagerLimits } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Transport } from "@reeve/runtime/transport";
import { faultTransport, silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";

// Races of a manager that loses its address after it has served, each of which a test below forces:
// - a call runs on the driver: it has its answer, and only then the driver is closed
// - a call does not return: the driver is closed when the bound is over
// - the address is its own again before what runs has come to rest: the driver stays
// - the address is its own again while the driver is being closed: it is opened when that is over, never beside it
// - it stops while the driver is being closed: closed once, and waited for
// - the address is its own again before its driver is up: it serves when that is up
// A driver that is let go of while it is being set up, or set up anew: `driver/rest.test.ts`.

const bells = contract("bell", "1.0", { ring: call({ input: z.object({}), output: z.string(), timeout: "30s" }) });
const port = driverPort("rope", { version: "1.0", methods: { pull: query<string>() } });

/** A rope that does what a test says, and tells what became of it. */
class Rope {
  readonly told: string[] = [];
  pull: () => string | Promise<string> = () => "ding";
  setup: () => void | Promise<void> = () => {};
  close: () => void | Promise<void> = () => {};
  readonly driver = defineDriver(port, {
    name: "rope",
    options: z.object({}),
    setup: async () => {
      this.told.push("setup");
      await this.setup();
      this.told.push("open");
      return {};
    },
    methods: { pull: () => this.pull() },
    close: async () => {
      this.told.push("close");
      await this.close();
      this.told.push("closed");
    },
  })({});
}

/** A process that has served by itself at an address that another process holds; `meet` lets them hear each other. */
async function open(limits: ManagerLimits = {}) {
  const rope = new Rope();
  const hub = inProcess();
  const link = faultTransport(hub.client({ caller: "a" }), { print: () => {} });
  link.cut();
  const host = (transport: Transport, its: Rope) => {
    const supervisor = createSupervisor({
      ...{ host: "a", transport, store: sqlite({ path: ":memory:" }), log: silentLogger },
    });
    const manager = defineManager({
      contract: bells,
      driver: port,
      limits: { driver: { retryAfter: "10ms", retryAtMost: "10ms" }, ...limits },
      setup: ({ driver }) => ({ isWorking: () => driver.healthy, operations: { ring: () => driver.pull() } }),
    });
    supervisor.spawn(manager, { driver: its.driver });
    onTestFinished(() => supervisor.stop());
    return supervisor;
  };
  const loser = host(link, rope);
  await loser.start();
  const holder = host(hub.client({ caller: "a" }), new Rope());
  await holder.start();
  const state = () => {
    const { state, causes } = loser.managers()[0]!.status;
    return [state, ...causes.map(({ reason }) => reason)].join(" ");
  };
  const isNow = (wanted: string) => expect.poll(state).toBe(wanted);
  expect([state(), ...rope.told]).toEqual(["degraded LINK_LOST", "setup", "open"]);
  return {
    ...{ rope, loser, holder, isNow },
    ring: () => loser.ref(bells).at("a").ring({}),
    meet: async () => {
      link.heal();
      await isNow("degraded ADDRESS_CLAIMED");
    },
  };
}

test("a manager that has lost its address closes its driver, and opens it again when the address is its own", async () => {
  const { rope, holder, ring, meet, isNow } = await open({ probeEvery: "10ms" });
  await meet();
  await expect.poll(() => rope.told).toEqual(["setup", "open", "close", "closed"]);
  await isNow("degraded ADDRESS_CLAIMED");
  expect(await failure(ring())).toMatchObject({ reason: "NOT_SERVING" });
  await holder.stop();
  await isNow("serving");
  expect(rope.told).toEqual(["setup", "open", "close", "closed", "setup", "open"]);
  expect(await ring()).toBe("ding");
});

test("what runs when the address is lost has its answer before the driver is closed", async () => {
  const { rope, ring, meet } = await open();
  const answer = Promise.withResolvers<string>();
  rope.pull = () => answer.promise;
  const rung = ring();
  await meet();
  expect(rope.told).toEqual(["setup", "open"]);
  answer.resolve("dong");
  expect(await rung).toBe("dong");
  await expect.poll(() => rope.told).toEqual(["setup", "open", "close", "closed"]);
});

test("what does not return keeps the driver open for the drain timeout, and no longer", async () => {
  const { rope, ring, meet } = await open({
    drainTimeout: "100ms",
    driver: { closeTimeout: "10ms", abortGrace: "10ms" },
  });
  rope.pull = () => new Promise(() => {});
  const rung = failure(ring());
  await meet();
  await expect.poll(() => rope.told).toEqual(["setup", "open", "close", "closed"]);
  const { reason, message } = await rung;
  expect([reason, message]).toEqual(["DRIVER_LOST", expect.stringMatching(/^bell\/a is another's: process \S+ holds/)]);
});

test("the driver stays when the address is its own again before what runs has come to rest", async () => {
  const { rope, holder, ring, meet, isNow } = await open();
  const answer = Promise.withResolvers<string>();
  rope.pull = () => answer.promise;
  const rung = ring();
  await meet();
  await holder.stop();
  await isNow("serving");
  answer.resolve("dong");
  expect(await rung).toBe("dong");
  rope.pull = () => "ding";
  expect(await ring()).toBe("ding");
  expect(rope.told).toEqual(["setup", "open"]);
});

test("the driver is opened again when it has been closed, not beside that", async () => {
  const { rope, holder, meet, isNow, ring } = await open();
  const closed = Promise.withResolvers<void>();
  rope.close = () => closed.promise;
  await meet();
  await expect.poll(() => rope.told.at(-1)).toBe("close");
  await holder.stop();
  await isNow("degraded ADDRESS_CLAIMED");
  expect(rope.told).toEqual(["setup", "open", "close"]);
  closed.resolve();
  await isNow("serving");
  expect(rope.told).toEqual(["setup", "open", "close", "closed", "setup", "open"]);
  expect(await ring()).toBe("ding");
});

test("a manager that stops while its driver is being closed waits for that, and closes it once", async () => {
  const { rope, loser, meet } = await open();
  const closed = Promise.withResolvers<void>();
  rope.close = () => closed.promise;
  await meet();
  await expect.poll(() => rope.told.at(-1)).toBe("close");
  const stopping = loser.stop();
  closed.resolve();
  await stopping;
  expect(rope.told).toEqual(["setup", "open", "close", "closed"]);
});

test("an address that is its own again is served when its driver is up again, and not before", async () => {
  const { rope, holder, ring, meet, isNow } = await open();
  const ready = Promise.withResolvers<void>();
  await meet();
  await expect.poll(() => rope.told.at(-1)).toBe("closed");
  rope.setup = () => ready.promise;
  await holder.stop();
  await expect.poll(() => rope.told.at(-1)).toBe("setup");
  await isNow("degraded ADDRESS_CLAIMED");
  expect(await failure(ring())).toMatchObject({ reason: "NOT_SERVING" });
  ready.resolve();
  await isNow("serving");
  expect(await ring()).toBe("ding");
});
