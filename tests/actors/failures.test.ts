import { call, contract } from "@reeve/contract";
import { defineManager, defineStore } from "@reeve/runtime";
import { fakeClock, testManager } from "@reeve/testing";
import { expect, test } from "vitest";
import { assign, fromPromise, setup } from "xstate";
import { z } from "zod";

const pumps = contract("pump", "1.0", {
  keep: call({ input: z.object({ id: z.string() }) }),
  send: call({ input: z.object({ id: z.string(), type: z.string() }), output: z.unknown() }),
  find: call({ input: z.object({ id: z.string() }), output: z.unknown() }),
  forget: call({ input: z.object({ id: z.string() }) }),
});

/** What fails of it, as long as it is in here. */
const broken = new Set<string>();
let attempts = 0;
const failing = (what: string) => () => {
  attempts++;
  if (broken.has(what)) throw new Error(`the ${what} is broken`);
  return {};
};

const machine = setup({
  actors: {
    motor: fromPromise(async () => {
      throw new Error("the motor is broken");
    }),
  },
}).createMachine({
  id: "pump",
  initial: "idle",
  states: {
    idle: {
      after: { 1000: { target: "pumping", actions: assign(failing("delay")) } },
      on: { start: "starting", act: { target: "pumping", actions: failing("action") } },
    },
    starting: { invoke: { src: "motor" } },
    pumping: {},
  },
});

const pumpManager = defineManager({
  contract: pumps,
  store: defineStore("pump", { tables: {} }),
  setup: ({ actors }) => ({
    kept: [machine],
    operations: {
      keep: async ({ id }) => void (await actors.keep(machine, { id })),
      send: async ({ id, type }) => (await actors.get(machine, id).send({ type } as never)).snapshot.value,
      find: async ({ id }) => {
        const found = await actors.find(machine, id);
        return { status: found?.status, state: found?.snapshot.value, lastError: found?.lastError };
      },
      forget: async ({ id }) => void (await actors.get(machine, id).forget()),
    },
  }),
});

const cause = (message: string) => ({ reason: "ACTOR_FAILED", message: expect.stringContaining(message) });

test("a delay whose assignment throws leaves its actor standing still, and fires at the next start", async () => {
  broken.clear();
  broken.add("delay");
  const clock = fakeClock();
  await using house = await testManager(pumpManager, { clock });
  const { calls } = house;
  await calls.keep({ id: "p1" });
  await clock.advance(1_000);
  await expect.poll(() => house.status.causes).toMatchObject([cause("the delay is broken")]);
  await expect
    .poll(() => calls.find({ id: "p1" }))
    .toMatchObject({ status: "failed", state: "idle", lastError: "the delay is broken" });
  // It is tried once in each life, also by one that knows nothing of it.
  await house.restart();
  await expect.poll(() => house.status.causes).toMatchObject([cause("the delay is broken")]);
  const tried = attempts;
  await clock.advance(60_000);
  expect(attempts).toBe(tried);
  broken.clear();
  await house.restart();
  await expect.poll(() => calls.find({ id: "p1" })).toMatchObject({ status: "active", state: "pumping" });
  expect(house.status.causes).toEqual([]);
});

test("one that fails at its first turn in a life stands still, too", async () => {
  broken.clear();
  const clock = fakeClock();
  await using house = await testManager(pumpManager, { clock });
  const { calls } = house;
  await calls.keep({ id: "p1" });
  await house.restart();
  broken.add("delay");
  await clock.advance(1_000);
  await expect.poll(() => calls.find({ id: "p1" })).toMatchObject({ status: "failed", state: "idle" });
  const tried = attempts;
  await clock.advance(60_000);
  expect(attempts).toBe(tried);
});

test("an action that has thrown is run again at the next start, and what comes after it is taken then", async () => {
  broken.clear();
  broken.add("action");
  await using house = await testManager(pumpManager);
  const { calls } = house;
  await calls.keep({ id: "p1" });
  expect(await calls.send({ id: "p1", type: "act" })).toBe("pumping");
  await expect.poll(() => calls.find({ id: "p1" })).toMatchObject({ status: "failed", state: "pumping" });
  await house.restart();
  await expect.poll(() => house.status.causes).toMatchObject([cause("the action is broken")]);
  broken.clear();
  await house.restart();
  expect(await calls.find({ id: "p1" })).toMatchObject({ status: "active", state: "pumping" });
  expect(house.status.causes).toEqual([]);
});

test("a promise that nobody heeds ends its machine, and the cause stands, also after a restart, until it is forgotten", async () => {
  broken.clear();
  await using house = await testManager(pumpManager);
  const { calls } = house;
  await calls.keep({ id: "p1" });
  await calls.send({ id: "p1", type: "start" });
  await expect
    .poll(() => calls.find({ id: "p1" }))
    .toMatchObject({ status: "error", lastError: "the motor is broken" });
  expect(house.status).toMatchObject({ state: "serving", causes: [cause("the motor is broken")] });
  await house.restart();
  expect(house.status.causes).toMatchObject([cause("the motor is broken")]);
  await calls.forget({ id: "p1" });
  expect(house.status.causes).toEqual([]);
});
