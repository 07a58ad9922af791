import { expect, test } from "vitest";
import { assign, cancel, fromPromise, raise, setup } from "xstate";
import { KeptMachine } from "./kept-machine.ts";

const machine = setup({
  types: {} as { context: { delay: number }; input: { delay: number }; events: { type: "spawn" } },
  actors: { worker: fromPromise(() => new Promise<never>(() => {})) },
  delays: { given: ({ context }) => context.delay },
}).createMachine({
  id: "pool",
  context: ({ input }) => input,
  initial: "open",
  on: {
    spawn: {
      actions: assign(({ spawn }) => {
        spawn("worker");
        return {};
      }),
    },
  },
  states: { open: { after: { given: "shut" } }, shut: {} },
});

const begun = (delay: number) => KeptMachine.begin(machine, "p", { delay }).machine;

test("children without an id are named alike wherever their turns are made again, and none takes another's place", () => {
  const names = () => {
    let pool = begun(1_000);
    for (let spawned = 0; spawned < 3; spawned++) {
      pool.take([], { type: "spawn" });
      // As another process takes it up.
      pool = KeptMachine.restore(machine, pool.state);
    }
    return Object.keys(pool.snapshot.children);
  };
  expect(names()).toHaveLength(3);
  expect(names()).toEqual(names());
});

test.each([Number.POSITIVE_INFINITY, Number.NaN, 1e300])("a delay of %d never fires", (delay) => {
  const pool = begun(delay);
  pool.stamp(1_000);
  expect([pool.dueAt, pool.due(Number.MAX_SAFE_INTEGER)]).toEqual([undefined, undefined]);
});

test("a delayed event is cancelled by its id, and one without an id by nothing, as in XState", () => {
  const bell = setup({}).createMachine({
    entry: [raise({ type: "ring" }, { delay: 10 }), raise({ type: "toll" }, { delay: 10, id: "ring" })],
    on: { hush: { actions: cancel("ring") } },
  });
  const { machine } = KeptMachine.begin(bell, "b", undefined);
  machine.take([], { type: "hush" });
  const restored = KeptMachine.restore(bell, machine.state);
  expect(restored.timers.map(({ event }) => event.type)).toEqual(["ring"]);
});
