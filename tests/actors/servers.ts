import { call, contract } from "@reeve/contract";
import { column, defineManager, defineStore, table } from "@reeve/runtime";
import { assign, fromPromise, sendParent, sendTo, setup } from "xstate";
import { z } from "zod";

/** What a test sees and decides of the machine's surroundings. */
export interface Surroundings {
  /** What happened, in order. */
  readonly seen: string[];
  /** Writes the image; rejects where that fails. `attempt` counts from 0. */
  image(id: string, signal: AbortSignal, attempt: number): Promise<string>;
  /** How long it may be being racked. Default 30 s. */
  readonly patienceMs?: number;
}

const Id = z.object({ id: z.string() });
export const servers = contract("server", "1.0", {
  rack: call({ input: Id, output: z.string() }),
  send: call({ input: Id.extend({ type: z.string() }), output: z.object({ state: z.string(), taken: z.boolean() }) }),
  note: call({ input: Id.extend({ type: z.string(), fail: z.boolean() }), output: z.string() }),
  find: call({ input: Id, output: z.unknown() }),
  forget: call({ input: Id, output: z.boolean() }),
  notes: call({ input: z.object({}), output: z.array(z.string()) }),
});

export const serverStore = defineStore("server", {
  tables: { notes: table({ id: column.text().primaryKey(), what: column.text() }) },
});

/** A child that is state itself. */
const burnIn = setup({
  types: {} as { events: { type: "skip" } | { type: "count" }; context: { counted: number } },
  actions: { told: sendParent({ type: "counted" }) },
}).createMachine({
  id: "burnIn",
  context: { counted: 0 },
  initial: "running",
  states: {
    running: {
      after: { 60000: "over" },
      on: { skip: "over", count: { actions: [assign({ counted: ({ context }) => context.counted + 1 }), "told"] } },
    },
    over: { type: "final" },
  },
  output: ({ context }) => context.counted,
});

/** Racking, imaging, testing, waiting for an operator, ready: with a time-out, a retry, a failure and a child that is kept. */
export function serverMachine({ seen, image, patienceMs = 30_000 }: Surroundings) {
  return setup({
    types: {} as {
      context: { id: string; attempts: number; image: string | undefined; counted: number; error: unknown };
      input: { id: string };
      events:
        | { type: "racked" }
        | { type: "approved" }
        | { type: "count" }
        | { type: "counted" }
        | { type: "skip" }
        | { type: "lose" }
        | { type: "break" }
        | { type: "breakAction" };
    },
    actors: {
      burnIn,
      image: fromPromise(
        ({ input: { id, attempt }, signal }: { input: { id: string; attempt: number }; signal: AbortSignal }) =>
          image(id, signal, attempt),
      ),
    },
    actions: {
      say: ({ context }, { what }: { what: string }) => void seen.push(`${context.id} ${what}`),
      broken: () => {
        throw new Error("the action is broken");
      },
    },
    guards: {
      broken: () => {
        throw new Error("the guard is broken");
      },
    },
    delays: { patience: patienceMs },
  }).createMachine({
    id: "server",
    context: ({ input }) => ({ id: input.id, attempts: 0, image: undefined, counted: 0, error: undefined }),
    initial: "racking",
    on: { lose: ".lost", break: { guard: "broken", target: ".lost" }, breakAction: { actions: "broken" } },
    states: {
      racking: {
        entry: { type: "say", params: { what: "is being racked" } },
        after: { patience: "lost" },
        on: { racked: { target: "imaging", actions: { type: "say", params: { what: "is racked" } } } },
      },
      imaging: {
        invoke: {
          src: "image",
          id: "image",
          input: ({ context: { id, attempts } }) => ({ id, attempt: attempts }),
          onDone: { target: "testing", actions: assign({ image: ({ event }) => event.output }) },
          onError: [
            {
              guard: ({ context }) => context.attempts < 2,
              target: "imaging",
              reenter: true,
              actions: assign({ attempts: ({ context }) => context.attempts + 1, error: ({ event }) => event.error }),
            },
            { target: "lost", actions: assign({ error: ({ event }) => event.error }) },
          ],
        },
      },
      testing: {
        invoke: {
          src: "burnIn",
          id: "burnIn",
          onDone: { target: "waiting", actions: assign({ counted: ({ event }) => event.output as number }) },
        },
        on: {
          count: { actions: sendTo("burnIn", { type: "count" }) },
          skip: { actions: sendTo("burnIn", { type: "skip" }) },
        },
      },
      waiting: { on: { approved: "ready" } },
      ready: { type: "final", entry: { type: "say", params: { what: "is ready" } } },
      lost: { entry: { type: "say", params: { what: "is lost" } } },
    },
  });
}

/** A manager of servers, each a kept machine. */
export function serverManager(surroundings: Surroundings, kept: object = {}) {
  return defineManager({
    contract: servers,
    store: serverStore,
    setup({ actors, store }) {
      const machine = serverMachine(surroundings);
      const server = (id: string) => actors.get(machine, id);
      return {
        kept: [{ machine, ...kept }],
        operations: {
          rack: async ({ id }) => (await actors.keep(machine, { id, input: { id } })).id,
          async send({ id, type }) {
            const { snapshot, taken } = await server(id).send({ type } as never);
            return { state: snapshot.value, taken };
          },
          // A row and an event in one commit.
          note: ({ id, type, fail }) =>
            store.transaction(async (tx) => {
              await tx.insert("notes", { id: `${id}/${type}`, what: type });
              const { snapshot } = await server(id).send({ type } as never, { tx });
              if (fail) throw new Error("no");
              return snapshot.value;
            }),
          async find({ id }) {
            const found = await actors.find(machine, id);
            return found && { status: found.status, value: found.snapshot.value, context: found.snapshot.context };
          },
          forget: ({ id }) => server(id).forget(),
          notes: async () => (await store.selectFrom("notes").select("id").execute()).map(({ id }) => id),
        },
      };
    },
  });
}
