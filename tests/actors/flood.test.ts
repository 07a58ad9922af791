import { call, contract } from "@reeve/contract";
import { createSupervisor, defineManager, defineStore } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { assign, fromCallback, setup } from "xstate";
import { z } from "zod";

const sensors = contract("sensor", "1.0", {
  watch: call({ input: z.object({}) }),
  read: call({ input: z.object({}), output: z.object({ state: z.string(), values: z.number(), why: z.string() }) }),
});

test("a callback that says more than can be kept is ended, its parent is told, and nothing that waited is lost", async () => {
  let cleaned = 0;
  let sayMore = () => {};
  const machine = setup({
    types: {} as { context: { values: number; why: string }; events: { type: "value" } },
    actors: {
      probe: fromCallback<{ type: string }>(({ sendBack }) => {
        sayMore = () => sendBack({ type: "value" });
        for (let value = 0; value < 15_000; value++) sayMore();
        return () => void cleaned++;
      }),
    },
  }).createMachine({
    id: "sensor",
    context: { values: 0, why: "" },
    initial: "watching",
    on: { value: { actions: assign({ values: ({ context }) => context.values + 1 }) } },
    states: {
      watching: {
        invoke: {
          id: "probe",
          src: "probe",
          onError: { target: "deaf", actions: assign({ why: ({ event }) => (event.error as Error).message }) },
        },
      },
      deaf: {},
    },
  });
  const manager = defineManager({
    contract: sensors,
    store: defineStore("sensor", { tables: {} }),
    setup: ({ actors }) => ({
      kept: [machine],
      operations: {
        watch: async () => void (await actors.keep(machine, { id: "a" })),
        async read() {
          const { snapshot } = (await actors.find(machine, "a"))!;
          return { state: String(snapshot.value), values: snapshot.context.values, why: snapshot.context.why };
        },
      },
    }),
  });
  const supervisor = createSupervisor({ host: "a", store: sqlite({ path: ":memory:" }), log: silentLogger });
  supervisor.spawn(manager);
  onTestFinished(() => supervisor.stop());
  await supervisor.start();
  const sensor = supervisor.ref(sensors);
  await sensor.watch({});
  await expect.poll(async () => (await sensor.read({})).state).toBe("deaf");
  const { values, why } = await sensor.read({});
  // The turn that began it waited as well.
  expect(values).toBe(9_999);
  expect(why).toBe('"probe" was ended: 10000 events wait for their commits; send fewer');
  expect(cleaned).toBe(1);
  sayMore();
  expect((await sensor.read({})).values).toBe(9_999);
  expect(supervisor.managers().map(({ status }) => status.state)).toEqual(["serving"]);
});
