import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract } from "@reeve/contract";
import { createSupervisor, defineManager, defineStore, type KeptMachineOptions } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { type AnyActorLogic, createMachine, fromPromise, setup, spawnChild } from "xstate";
import { z } from "zod";

const Id = z.object({ id: z.string() });
const doors = contract("door", "1.0", {
  keep: call({ input: Id }),
  send: call({ input: Id.extend({ type: z.string() }), output: z.unknown() }),
  find: call({ input: Id, output: z.unknown() }),
});
const doorStore = defineStore("door", { tables: {} });

const first = setup({}).createMachine({
  id: "door",
  context: { opened: 0 },
  initial: "shut",
  states: { shut: { on: { open: "open" } }, open: { on: { shut: "shut" } } },
});
/** As it is after an upgrade: `shut` is called `closed`. */
const second = setup({}).createMachine({
  id: "door",
  context: { opened: 0, colour: "red" },
  initial: "closed",
  states: { closed: { on: { open: "open" } }, open: { on: { shut: "closed" } } },
});

function doorManager(...kept: readonly (typeof first | KeptMachineOptions)[]) {
  return defineManager({
    contract: doors,
    store: doorStore,
    setup: ({ actors }) => {
      const [given] = kept;
      const machine = (given && "machine" in given ? given.machine : given)! as typeof first;
      return {
        kept,
        operations: {
          keep: async ({ id }) => void (await actors.keep(machine, { id })),
          send: async ({ id, type }) => {
            const { snapshot } = await actors.get(machine, id).send({ type } as never);
            return { value: snapshot.value, context: snapshot.context };
          },
          find: async ({ id }) => {
            const found = await actors.find(machine, id);
            return found && { value: found.snapshot.value, context: found.snapshot.context };
          },
        },
      };
    },
  });
}

/** A host on one file, which begins anew with another program. */
function lives() {
  const directory = mkdtempSync(join(tmpdir(), "reeve-versions-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return async <R>(definition: ReturnType<typeof doorManager>, act: (it: Awaited<ReturnType<typeof start>>) => R) => {
    const it = await start(definition);
    try {
      return await act(it);
    } finally {
      await it.supervisor.stop();
    }
  };
  async function start(definition: ReturnType<typeof doorManager>) {
    const supervisor = createSupervisor({
      host: "a",
      store: sqlite({ path: join(directory, "a.sqlite") }),
      log: silentLogger,
    });
    supervisor.spawn(definition);
    await supervisor.start();
    return { supervisor, calls: supervisor.ref(doors), status: () => supervisor.managers()[0]!.status };
  }
}

test("an actor of an older version is migrated by a function, and written as the new one", async () => {
  const live = lives();
  await live(doorManager(first), ({ calls }) => calls.keep({ id: "d1" }));
  const seen: number[] = [];
  const migrate: KeptMachineOptions["migrate"] = (kept, version) => {
    seen.push(version);
    const { context } = kept.snapshot as { readonly context: object };
    return { ...kept, snapshot: { ...kept.snapshot, value: "closed", context: { ...context, colour: "blue" } } };
  };
  await live(doorManager({ machine: second, version: 2, migrate }), async ({ calls, status }) => {
    expect(status().causes).toEqual([]);
    expect(await calls.find({ id: "d1" })).toEqual({ value: "closed", context: { opened: 0, colour: "blue" } });
    expect(await calls.send({ id: "d1", type: "open" })).toMatchObject({ value: "open" });
  });
  const before = seen.length;
  expect(new Set(seen)).toEqual(new Set([1]));
  await live(doorManager({ machine: second, version: 2, migrate }), async ({ calls }) => {
    expect(await calls.send({ id: "d1", type: "shut" })).toMatchObject({
      value: "closed",
      context: { colour: "blue" },
    });
  });
  expect(seen).toHaveLength(before);
});

test("an action of the first transition after a migration is made again from what was migrated", async () => {
  let broken = true;
  let rung = 0;
  const ringing = setup({}).createMachine({
    id: "door",
    context: { opened: 0, colour: "red" },
    initial: "closed",
    states: {
      closed: {
        on: {
          open: {
            target: "open",
            actions: () => {
              if (broken) throw new Error("the bell is broken");
              rung++;
            },
          },
        },
      },
      open: { on: { shut: "closed" } },
    },
  });
  const migrate: KeptMachineOptions["migrate"] = (kept) => ({
    ...kept,
    snapshot: { ...kept.snapshot, value: "closed", context: { opened: 0, colour: "blue" } },
  });
  const live = lives();
  await live(doorManager(first), ({ calls }) => calls.keep({ id: "d1" }));
  await live(doorManager({ machine: ringing, version: 2, migrate }), async ({ calls, status }) => {
    await calls.send({ id: "d1", type: "open" });
    await expect.poll(() => status().causes).toMatchObject([{ message: expect.stringContaining("the bell") }]);
  });
  broken = false;
  await live(doorManager({ machine: ringing, version: 2, migrate }), async ({ calls, status }) => {
    expect([rung, status().causes]).toEqual([1, []]);
    expect(await calls.send({ id: "d1", type: "shut" })).toMatchObject({
      value: "closed",
      context: { colour: "blue" },
    });
  });
});

test("one that was refused and takes an event after all has its delays again, and is no cause any more", async () => {
  const ringing = setup({}).createMachine({
    id: "door",
    context: { opened: 0, colour: "red" },
    initial: "closed",
    states: { closed: { on: { open: "open" } }, open: { after: { 100: "rung" } }, rung: {} },
  });
  const early = setup({}).createMachine({
    id: "door",
    context: { opened: 0 },
    initial: "shut",
    states: { shut: { after: { 1000: "rung" }, on: { open: "open" } }, open: {}, rung: {} },
  });
  let broken = true;
  const migrate: KeptMachineOptions["migrate"] = (kept) => {
    if (broken) throw new Error("not yet");
    return { snapshot: { ...kept.snapshot, value: "closed" }, timers: [] };
  };
  const live = lives();
  await live(doorManager(early as never), ({ calls }) => calls.keep({ id: "d1" }));
  await live(doorManager({ machine: ringing, version: 2, migrate }), async ({ calls, status }) => {
    await expect(calls.send({ id: "d1", type: "open" })).rejects.toMatchObject({ reason: "MACHINE_REFUSED" });
    await expect.poll(() => status().causes).toMatchObject([{ message: expect.stringContaining("not yet") }]);
    broken = false;
    expect(await calls.send({ id: "d1", type: "open" })).toMatchObject({ value: "open" });
    await expect.poll(() => calls.find({ id: "d1" }), { timeout: 5_000 }).toMatchObject({ value: "rung" });
    expect(status().causes).toEqual([]);
  });
});

test.each<[what: string, kept: KeptMachineOptions, message: string]>([
  [
    "an older one without a function to migrate it",
    { machine: second, version: 2 },
    "kept by version 1, and this is version 2",
  ],
  ["one whose state the machine does not know", { machine: second }, "its state does not fit"],
])("%s is refused by name, and stays as it is", async (_, kept, message) => {
  const live = lives();
  await live(doorManager(first), ({ calls }) => calls.keep({ id: "d1" }));
  await live(doorManager(kept), async ({ calls }) => {
    await expect(calls.send({ id: "d1", type: "open" })).rejects.toMatchObject({
      reason: "MACHINE_REFUSED",
      message: expect.stringContaining(message),
      data: { machine: "door", actor: "d1", version: 1 },
    });
  });
  await live(doorManager(first), async ({ calls }) => {
    expect(await calls.send({ id: "d1", type: "open" })).toMatchObject({ value: "open" });
  });
});

test("what a newer program has kept is refused, and stands among the causes from the start", async () => {
  const live = lives();
  await live(doorManager({ machine: second, version: 2 }), ({ calls }) => calls.keep({ id: "d1" }));
  await live(doorManager(first), async ({ calls, status }) => {
    expect(status()).toMatchObject({
      state: "serving",
      causes: [{ reason: "ACTOR_FAILED", message: expect.stringContaining("run the newer program") }],
    });
    await expect(calls.send({ id: "d1", type: "open" })).rejects.toMatchObject({ reason: "MACHINE_REFUSED" });
  });
});

test("one whose state does not fit keeps nobody else's delay from firing, though its own is due", async () => {
  const timed = (state: string) =>
    setup({}).createMachine({
      id: "door",
      context: { opened: 0 },
      initial: state,
      states: { [state]: { after: { 200: "rung" } }, rung: {} },
    }) as unknown as typeof first;
  const live = lives();
  await live(doorManager(timed("old")), ({ calls }) => calls.keep({ id: "d1" }));
  await live(doorManager(timed("new")), async ({ calls, status }) => {
    await calls.keep({ id: "d2" });
    await expect.poll(() => calls.find({ id: "d2" }), { timeout: 10_000 }).toMatchObject({ value: "rung" });
    await expect
      .poll(() => status().causes, { timeout: 10_000 })
      .toMatchObject([{ reason: "ACTOR_FAILED", message: expect.stringContaining('"d1"') }]);
  });
});

test("a delay fires however many are due before it whose states do not fit", async () => {
  const timed = (state: string, delay: number) =>
    setup({}).createMachine({
      id: "door",
      context: { opened: 0 },
      initial: state,
      states: { [state]: { after: { [delay]: "rung" } }, rung: {} },
    }) as unknown as typeof first;
  const live = lives();
  // More than are looked at together.
  await live(doorManager(timed("old", 3_000)), async ({ calls }) => {
    await Promise.all(Array.from({ length: 510 }, (_, index) => calls.keep({ id: `d${index}` })));
  });
  await live(doorManager(timed("new", 4_000)), async ({ calls }) => {
    await calls.keep({ id: "late" });
    await expect.poll(() => calls.find({ id: "late" }), { timeout: 15_000 }).toMatchObject({ value: "rung" });
  });
}, 40_000);

test("actors of a machine that nobody declares any more are told", async () => {
  const live = lives();
  await live(doorManager(first), ({ calls }) => calls.keep({ id: "d1" }));
  await live(doorManager(), async ({ status }) => {
    expect(status().causes).toMatchObject([{ reason: "ACTOR_FAILED", message: expect.stringContaining('"door"') }]);
  });
});

test.each<[what: string, kept: object[], message: string]>([
  ["a machine without an id", [setup({}).createMachine({})], "kept[0]: name"],
  ["a promise", [{ machine: fromPromise(async () => 1), name: "p" }], '"p" runs'],
  [
    "a version that is none",
    [{ machine: first, version: 0 }],
    "kept[0]: version: expected an integer from 1 on, got 0",
  ],
  ["two of one name", [first, { machine: second }], 'another machine is named "door"'],
  ["an option that is none", [{ machine: first, versoin: 2 }], 'did you mean "version"?'],
  ["something else", [{ machine: 42 }], "kept[0]: expected an XState machine"],
])("%s in `kept` fails the start, by the name of the field", async (_, kept, message) => {
  await expect(lives()(doorManager(...(kept as never[])), () => {})).rejects.toMatchObject({
    message: expect.stringContaining(message),
  });
});

test("a child whose logic has no name cannot be kept: the transition that spawns it is refused", async () => {
  const bell: AnyActorLogic = fromPromise(async () => 1);
  const nameless = createMachine({
    id: "door",
    initial: "shut",
    states: { shut: { on: { open: { actions: spawnChild(bell, { id: "bell" }) } } } },
  });
  await lives()(doorManager(nameless as never), async ({ calls }) => {
    await calls.keep({ id: "d1" });
    await expect(calls.send({ id: "d1", type: "open" })).rejects.toMatchObject({ reason: "UNDECLARED" });
    expect(await calls.find({ id: "d1" })).toMatchObject({ value: "shut" });
  });
});
