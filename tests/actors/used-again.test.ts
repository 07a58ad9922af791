import { call, contract } from "@reeve/contract";
import { defineManager, defineStore } from "@reeve/runtime";
import { fakeClock, testManager } from "@reeve/testing";
import { expect, test } from "vitest";
import { fromCallback, sendTo, setup } from "xstate";
import { z } from "zod";

const Id = z.object({ id: z.string() });
const lamps = contract("lamp", "1.0", {
  keep: call({ input: Id }),
  send: call({ input: Id.extend({ type: z.string() }), output: z.unknown() }),
  find: call({ input: Id, output: z.unknown() }),
  number: call({ input: Id, output: z.number() }),
  forget: call({ input: Id, output: z.boolean() }),
  together: call({ input: Id.extend({ steps: z.array(z.enum(["keep", "forget", "switch"])) }) }),
});

/** Lamps: what their actions say, and how many of their children burn. */
function surroundings() {
  const said: string[] = [];
  const heard: string[] = [];
  let burning = 0;
  let made = 0;
  const machine = setup({
    types: {} as { context: { number: number } },
    actors: {
      flame: fromCallback(({ receive }) => {
        burning++;
        receive(({ type }) => void heard.push(type));
        return () => void burning--;
      }),
    },
    actions: { say: (_, { what }: { what: string }) => void said.push(what) },
  }).createMachine({
    id: "lamp",
    context: () => ({ number: ++made }),
    initial: "on",
    entry: { type: "say", params: { what: "kept" } },
    states: {
      on: {
        invoke: { src: "flame", id: "flame" },
        after: { 60000: "burnt" },
        exit: sendTo("flame", { type: "blow" }),
        on: { switch: { target: "off", actions: { type: "say", params: { what: "off" } } }, break: "broken" },
      },
      off: {},
      burnt: { entry: { type: "say", params: { what: "burnt" } } },
      broken: { type: "final" },
    },
  });
  const manager = defineManager({
    contract: lamps,
    store: defineStore("lamp", { tables: {} }),
    setup: ({ actors, store }) => ({
      kept: [{ machine, retention: "1h" }],
      operations: {
        keep: async ({ id }) => void (await actors.keep(machine, { id })),
        send: async ({ id, type }) => (await actors.get(machine, id).send({ type } as never)).snapshot.value,
        find: async ({ id }) => (await actors.find(machine, id))?.snapshot.value ?? null,
        number: async ({ id }) => (await actors.find(machine, id))!.snapshot.context.number,
        forget: ({ id }) => actors.get(machine, id).forget(),
        together: ({ id, steps }) =>
          store.transaction(async (tx) => {
            for (const step of steps)
              if (step === "keep") await actors.keep(machine, { id, tx });
              else if (step === "forget") await actors.get(machine, id).forget({ tx });
              else await actors.get(machine, id).send({ type: "switch" } as never, { tx });
          }),
      },
    }),
  });
  return { manager, said, heard, burning: () => burning };
}

test("an id whose actor was purged can be kept again, and lives as any", async () => {
  const { manager, said, burning } = surroundings();
  const clock = fakeClock();
  await using house = await testManager(manager, { clock });
  const { calls } = house;
  await calls.keep({ id: "l1" });
  await calls.send({ id: "l1", type: "break" });
  await clock.advance(3_700_000);
  await expect.poll(() => calls.find({ id: "l1" })).toBeNull();
  await calls.keep({ id: "l1" });
  expect([said, burning()]).toEqual([["kept", "kept"], 1]);
  expect(await calls.send({ id: "l1", type: "switch" })).toBe("off");
});

test("however many are over at once, all of them go at once, some at a time", async () => {
  const { manager } = surroundings();
  const clock = fakeClock();
  await using house = await testManager(manager, { clock });
  const { calls } = house;
  const ids = Array.from({ length: 1_100 }, (_, index) => `l${index}`);
  const each = async (act: (id: string) => Promise<unknown>): Promise<void> => {
    const left = ids.values();
    const next = async () => {
      for (const id of left) await act(id);
    };
    await Promise.all(Array.from({ length: 50 }, next));
  };
  await each((id) => calls.keep({ id }));
  await each((id) => calls.send({ id, type: "break" }));
  const found = async () => {
    let count = 0;
    await each(async (id) => void ((await calls.find({ id })) !== null && count++));
    return count;
  };
  expect(await found()).toBe(1_100);
  // No further: ten seconds later what is over is looked for again in any case.
  await clock.advance(3_600_000);
  await expect.poll(found).toBe(0);
});

test("an actor that is forgotten and kept again in one transaction is the new one", async () => {
  const { manager, said, burning } = surroundings();
  await using house = await testManager(manager);
  const { calls } = house;
  await calls.keep({ id: "l1" });
  await calls.together({ id: "l1", steps: ["forget", "keep"] });
  expect([said, burning()]).toEqual([["kept", "kept"], 1]);
  expect(await calls.send({ id: "l1", type: "switch" })).toBe("off");
  expect(burning()).toBe(0);
  await calls.together({ id: "l1", steps: ["forget", "keep", "switch", "forget"] });
  expect([await calls.find({ id: "l1" }), burning()]).toEqual([null, 0]);
  await calls.together({ id: "l1", steps: ["keep", "switch", "forget", "keep"] });
  expect([await calls.find({ id: "l1" }), burning()]).toEqual(["on", 1]);
});

test("what is sent and forgotten in one transaction is gone, and what it was to do is done", async () => {
  const { manager, said, burning } = surroundings();
  await using house = await testManager(manager);
  const { calls } = house;
  await calls.keep({ id: "l1" });
  await calls.together({ id: "l1", steps: ["switch", "forget"] });
  expect([await calls.find({ id: "l1" }), said, burning()]).toEqual([null, ["kept", "off"], 0]);
  await expect(calls.together({ id: "l1", steps: ["keep", "forget", "switch"] })).rejects.toMatchObject({
    reason: "NO_ACTOR",
  });
  expect(house.status).toMatchObject({ state: "serving", causes: [] });
});

test.each(["a\ud800", "a\u0000b"])("an id that no database can keep is refused: %j", async (id) => {
  const { manager } = surroundings();
  await using house = await testManager(manager);
  await expect(house.calls.keep({ id })).rejects.toMatchObject({ message: expect.stringContaining("actors.get: id") });
});
test("what a state says to its child as it is left reaches the child before its end", async () => {
  const { manager, heard, burning } = surroundings();
  await using house = await testManager(manager);
  await house.calls.keep({ id: "l1" });
  await house.calls.send({ id: "l1", type: "switch" });
  expect([heard, burning()]).toEqual([["blow"], 0]);
});

test("an event that is sent meanwhile is taken by the one or the other, and makes neither of the other", async () => {
  const { manager, burning } = surroundings();
  await using house = await testManager(manager);
  const { calls } = house;
  for (let round = 0; round < 20; round++) {
    const id = `l${round}`;
    await calls.keep({ id });
    const before = await calls.number({ id });
    await Promise.all([
      calls.together({ id, steps: ["forget", "keep"] }),
      calls.send({ id, type: "switch" }).catch(() => {}),
    ]);
    expect(await calls.number({ id })).toBeGreaterThan(before);
    await calls.forget({ id });
  }
  expect(burning()).toBe(0);
});
