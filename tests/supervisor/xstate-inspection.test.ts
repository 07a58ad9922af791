import { inspect } from "node:util";
import { call, contract, secret } from "@reeve/contract";
import { createSupervisor, defineManager, type Logger, managerLogic, openEnvironment } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { createActor, type InspectionEvent, setup, waitFor } from "xstate";
import { z } from "zod";
import { sums, sumsManager } from "./math.fixture.ts";

const options = () => ({ host: "a", store: sqlite({ path: ":memory:" }), log: silentLogger });

/** What an observer of XState is told, in short. */
class Notes {
  readonly events: InspectionEvent[] = [];
  readonly next = (event: InspectionEvent): void => void this.events.push(event);

  /** The main events of the actors themselves, not of what they invoke. */
  get lines(): readonly string[] {
    return this.events.flatMap((told) => {
      if (told.actorRef.sessionId !== told.rootId) return [];
      if (told.type === "@xstate.actor") return ["actor"];
      if (told.type === "@xstate.event") return [`event ${told.event.type}`];
      if (told.type !== "@xstate.snapshot") return [];
      const { status, value } = told.snapshot as unknown as { readonly status: string; readonly value: unknown };
      return [`snapshot ${told.event.type} ${status} ${JSON.stringify(value)}`];
    });
  }

  /** The last snapshot's status of each manager's actor, in order of beginning. */
  get ends(): readonly string[] {
    const ends = new Map<string, string>();
    for (const told of this.events)
      if (told.type === "@xstate.snapshot" && told.actorRef.sessionId === told.rootId)
        ends.set(told.rootId, told.snapshot.status);
    return [...ends.values()];
  }
}

/** Counts warnings. */
function warned(): { readonly log: Logger; readonly warnings: unknown[] } {
  const warnings: unknown[] = [];
  const log: Logger = { ...silentLogger, warn: (...line: unknown[]) => void warnings.push(line), child: () => log };
  return { log, warnings };
}

test("an observer of XState is told of each manager's actor: that it is there, its events, calls among them, and its snapshots", async () => {
  const notes = new Notes();
  const supervisor = createSupervisor({ ...options(), inspect: notes });
  onTestFinished(() => supervisor.stop());
  supervisor.spawn(sumsManager);
  await supervisor.start();
  expect(await supervisor.ref(sums).add({ a: 1, b: 2 })).toBe(3);
  expect(notes.lines.slice(0, 3)).toEqual(["actor", "event xstate.init", 'snapshot xstate.init active "booting"']);
  const called = notes.lines.indexOf("event sums.add");
  expect(notes.lines[called + 1]).toBe('snapshot sums.add active {"serving":"ready"}');
  const event = notes.events.find((told) => told.type === "@xstate.event" && told.event.type === "sums.add");
  expect(event).toMatchObject({ event: { requestId: expect.any(String), input: { a: 1, b: 2 } } });
});

test("actors that ended are told of as ended, before the one that takes their place", async () => {
  const notes = new Notes();
  const supervisor = createSupervisor({ ...options(), inspect: notes.next, restart: { initialBackoff: 1 } });
  supervisor.spawn(sumsManager);
  await supervisor.start();
  supervisor.kill("sums", "a");
  await supervisor.until("sums", "a", ({ epoch, status }) => epoch === 2 && status.state === "serving");
  expect(notes.ends).toEqual(["done", "active"]);
  const { lines } = notes;
  expect(lines.lastIndexOf("actor")).toBeGreaterThan(lines.indexOf('snapshot kill done "stopped"'));
  await supervisor.stop();
  expect(notes.ends).toEqual(["done", "done"]);
});

const broken = () => {
  throw new Error("broken");
};

test.each([
  ["throws", broken],
  ["rejects", async () => broken()],
])("an observer that %s harms no manager, and is warned of once", async (_, observe) => {
  const { log, warnings } = warned();
  const supervisor = createSupervisor({ ...options(), log, inspect: observe });
  supervisor.spawn(sumsManager);
  await supervisor.start();
  for (let index = 0; index < 5; index++) expect(await supervisor.ref(sums).add({ a: index, b: 1 })).toBe(index + 1);
  supervisor.kill("sums", "a");
  await supervisor.until("sums", "a", ({ epoch, status }) => epoch === 2 && status.state === "serving");
  expect(await supervisor.ref(sums).add({ a: 1, b: 1 })).toBe(2);
  await supervisor.stop();
  expect(warnings.filter((line) => JSON.stringify(line).includes("inspect"))).toHaveLength(1);
});

test("an actor of one's own serves on whatever its observer throws, and takes each call as an event", async () => {
  await using opened = await openEnvironment(options());
  const notes = new Notes();
  const actor = createActor(managerLogic(sumsManager), {
    input: { environment: opened.environment },
    inspect: (event) => {
      notes.next(event);
      if (event.type !== "@xstate.actor") throw new Error("broken");
    },
  });
  actor.start();
  await waitFor(actor, (snapshot) => snapshot.matches({ serving: "ready" }));
  for (let index = 0; index < 5; index++) expect(await opened.ref(sums).add({ a: index, b: 1 })).toBe(index + 1);
  actor.send({ type: "reset" });
  await waitFor(actor, (snapshot) => snapshot.matches({ serving: "ready" }));
  expect(notes.lines.filter((line) => line === "event sums.add")).toHaveLength(5);
  actor.send({ type: "drain" });
  await waitFor(actor, (snapshot) => snapshot.status === "done");
  expect(notes.ends).toEqual(["done"]);
});

test("an observer that comes later, or of a system that a manager joined, is told of calls while it stays", async () => {
  await using opened = await openEnvironment(options());
  const { environment } = opened;
  const called = (notes: Notes) =>
    notes.events.some((one) => one.type === "@xstate.event" && one.event.type === "sums.add");
  const root = createActor(managerLogic(sumsManager), { input: { environment, backend: "x" } });
  root.start();
  await waitFor(root, (snapshot) => snapshot.matches({ serving: "ready" }));
  const [late, gone, below] = [new Notes(), new Notes(), new Notes()];
  root.system.inspect(gone).unsubscribe();
  root.system.inspect(late);
  expect(await opened.ref(sums).at("a@x").add({ a: 1, b: 2 })).toBe(3);
  expect([called(late), called(gone)]).toEqual([true, false]);
  const parent = createActor(
    setup({ actors: { sums: managerLogic(sumsManager) } }).createMachine({
      initial: "alone",
      states: {
        alone: { on: { join: "joined" } },
        joined: { invoke: { src: "sums", input: { environment, backend: "y" } } },
      },
    }),
  );
  parent.system.inspect(below);
  parent.start();
  parent.send({ type: "join" });
  await expect
    .poll(() =>
      opened
        .ref(sums)
        .at("a@y")
        .add({ a: 1, b: 2 })
        .catch(() => 0),
    )
    .toBe(3);
  expect(called(below)).toBe(true);
  root.stop();
  parent.stop();
});

const vaults = contract("vault", "1.0", {
  open: call({ input: z.object({ owner: z.string(), combination: secret(z.string()) }) }),
});
const vaultManager = defineManager({
  contract: vaults,
  config: z.object({ token: secret(z.string().min(4)), region: z.string() }),
  setup: ({ config }) => {
    const refuse = () => {
      throw new Error(`the token ${config.current.token} was refused`);
    };
    return { initHostWithRpc: refuse, reset: refuse, operations: { open: () => undefined } };
  },
});
const config = { token: "marked-7f3a", region: "unmarked-91bc" };

function printed({ type, event, snapshot, action }: Readonly<Record<string, any>>): string {
  const { status, value, error, context } = snapshot ?? {};
  const { effects: _, ...shown } = context ?? {};
  // XState's own actions have the actors that they start and stop as parameters.
  const done = action?.type.startsWith("xstate.") ? action.type : action;
  return inspect({ type, event, done, status, value, error, shown }, { depth: 8, maxStringLength: null });
}

test("nothing of a manager's configuration, and no secret of a call, is in what an observer is told, errors that quote it included", async () => {
  const notes = new Notes();
  const supervisor = createSupervisor({ ...options(), inspect: notes });
  let given = config;
  supervisor.spawn(vaultManager, { config: () => given });
  await supervisor.start();
  await supervisor.ref(vaults).open({ owner: "miser", combination: "31-41-59" });
  await expect(supervisor.reset()).rejects.toMatchObject({ reason: "RESET_FAILED" });
  given = { ...config, token: "x" };
  await expect(supervisor.reset()).rejects.toMatchObject({ reason: "RESET_FAILED" });
  supervisor.kill("vault", "a");
  await supervisor.stop();
  await using opened = await openEnvironment(options());
  const actor = createActor(managerLogic(vaultManager), {
    input: { environment: opened.environment, config },
    inspect: notes,
  });
  actor.start();
  await waitFor(actor, (snapshot) => snapshot.matches("degraded"));
  await opened.ref(vaults).open({ owner: "miser", combination: "31-41-59" });
  actor.send({ type: "kill", error: new Error("killed for marked-7f3a") });
  // As a console prints it, with messages, stacks and causes of errors, but for live actors.
  const told = notes.events.map((one) => printed(one as unknown as Readonly<Record<string, any>>)).join();
  for (const shown of ["miser", "the token [redacted] was refused", "killed for [redacted]"])
    expect(told).toContain(shown);
  for (const hidden of ["marked-7f3a", "unmarked-91bc", "31-41-59"]) expect(told).not.toContain(hidden);
});

test.each([
  [
    "inspector",
    { attach: async () => ({ url: "", close: async () => {} }) },
    "openEnvironment: inspector: expected none (it shows what a supervisor runs), got",
  ],
  ["inspect", () => {}, "openEnvironment: inspect: expected none (give it to createActor), got"],
])("an environment refuses `%s`, which it could not heed", async (name, given, message) => {
  await expect(openEnvironment({ ...options(), [name]: given })).rejects.toMatchObject({
    reason: "INVALID_OPTION",
    message: expect.stringContaining(message),
  });
});

test.each([
  [42, "got 42"],
  [{}, "got {}"],
])("a supervisor refuses %j as its observer", (inspect, got) => {
  expect(() => createSupervisor({ ...options(), inspect } as never)).toThrow(
    `createSupervisor: inspect: expected a function or an object with next, ${got}`,
  );
});
