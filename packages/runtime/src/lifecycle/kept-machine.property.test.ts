import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type AnyActorLogic,
  assign,
  cancel,
  createActor,
  enqueueActions,
  fromCallback,
  fromTransition,
  raise,
  SimulatedClock,
  sendParent,
  sendTo,
  setup,
  stopChild,
} from "xstate";
import { KeptMachine, type TurnEffect } from "./kept-machine.ts";
import { type LiveChild, runChild } from "./live-actor.ts";

/** What the actions of a run have said, in order. */
let said: string[] = [];
const say = (_: unknown, what: string) => void said.push(what);

const leaf = setup({ actions: { say } }).createMachine({
  id: "leaf",
  initial: "green",
  context: { pokes: 0 },
  states: {
    green: {
      entry: { type: "say", params: "leaf green" },
      after: { 300: "brown" },
      on: {
        poke: { actions: [assign({ pokes: ({ context }) => context.pokes + 1 }), sendParent({ type: "poked" })] },
      },
    },
    brown: { type: "final", entry: { type: "say", params: "leaf brown" } },
  },
  output: ({ context }) => context.pokes,
});

const counter = fromTransition(
  (state: { n: number }, event: { type: string }) => (event.type === "add" ? { n: state.n + 1 } : state),
  { n: 0 },
);

const echo = fromCallback(({ sendBack, receive }) => {
  receive((event) => sendBack({ type: `echoed.${(event as { readonly type: string }).type}` }));
});

const types = {} as { context: { spawned: any; pokes: number; leaves: number; echoes: number; error: unknown } };

/** One of everything that XState's machines can do without waiting. */
const tree = setup({
  types,
  actors: { leaf, counter, echo },
  actions: { say },
  guards: { fewLeaves: ({ context }) => context.leaves < 3 },
  delays: { soon: 100 },
}).createMachine({
  id: "tree",
  context: { spawned: undefined, pokes: 0, leaves: 0, echoes: 0, error: undefined },
  type: "parallel",
  on: {
    poked: { actions: [assign({ pokes: ({ context }) => context.pokes + 1 }), { type: "say", params: "poked" }] },
    "echoed.*": { actions: assign({ echoes: ({ context }) => context.echoes + 1 }) },
  },
  states: {
    branch: {
      initial: "bare",
      states: {
        bare: {
          on: {
            grow: { target: "leafy", guard: "fewLeaves" },
            raiseLater: { actions: [cancel("later"), raise({ type: "grow" }, { delay: "soon", id: "later" })] },
            cancel: { actions: cancel("later") },
          },
        },
        leafy: {
          entry: [assign({ leaves: ({ context }) => context.leaves + 1 }), sendTo("leaf", { type: "poke" })],
          invoke: {
            src: "leaf",
            id: "leaf",
            onDone: { target: "bare", actions: { type: "say", params: "leaf is done" } },
          },
          on: {
            poke: { actions: sendTo("leaf", { type: "poke" }) },
            pokeLater: { actions: sendTo("leaf", { type: "poke" }, { delay: 50, id: "pokeLater" }) },
            grow: { target: "leafy", reenter: true },
            prune: "bare",
          },
        },
      },
    },
    root: {
      initial: "resting",
      states: {
        resting: { on: { deeper: "digging" } },
        digging: {
          initial: "soil",
          invoke: { src: "echo", id: "echo" },
          on: { rest: "resting", call: { actions: sendTo("echo", { type: "call" }) } },
          states: {
            soil: { after: { 200: "rock" }, always: { target: "water", guard: ({ context }) => context.pokes > 5 } },
            rock: { on: { back: "remembered" }, exit: { type: "say", params: "out of rock" } },
            water: {},
            remembered: { type: "history", history: "deep" },
          },
        },
      },
    },
    fruit: {
      initial: "none",
      states: {
        none: {
          on: {
            fruit: {
              target: "some",
              actions: assign({ spawned: ({ spawn }) => spawn("counter", { id: "apple", syncSnapshot: true }) }),
            },
          },
        },
        some: {
          on: {
            add: { actions: sendTo(({ context }) => context.spawned, { type: "add" }) },
            eat: {
              target: "none",
              actions: enqueueActions(({ enqueue }) => {
                enqueue(stopChild("apple"));
                enqueue.assign({ spawned: undefined });
                enqueue({ type: "say", params: "eaten" });
              }),
            },
            "xstate.snapshot.apple": { actions: { type: "say", params: "apple changed" } },
          },
        },
      },
    },
  },
});

const sent = [
  "poke",
  "grow",
  "prune",
  "pokeLater",
  "raiseLater",
  "cancel",
  "deeper",
  "rest",
  "back",
  "call",
  "fruit",
  "add",
  "eat",
  "nonsense",
];

type Step = { readonly send: string } | { readonly wait: number };

/** As XState runs it. */
function alive(logic: AnyActorLogic, steps: readonly Step[]): readonly unknown[] {
  said = [];
  const clock = new SimulatedClock();
  const actor = createActor(logic, { clock }).start();
  return [
    seen(actor.getSnapshot()),
    ...steps.map((step) => {
      if ("send" in step) actor.send({ type: step.send });
      // A timer that is set as another fires counts from then.
      else for (let waited = 0; waited < step.wait; waited += 10) clock.increment(10);
      return seen(actor.getSnapshot());
    }),
  ];
}

/** As it is kept: written down and read again after each turn. */
function kept(logic: AnyActorLogic, steps: readonly Step[]): readonly unknown[] {
  said = [];
  const live = new Map<string, LiveChild>();
  const told: (() => void)[] = [];
  let now = 0;
  let machine: KeptMachine;
  const carryOut = (effects: readonly TurnEffect[]) => {
    machine.stamp(now);
    machine = KeptMachine.restore(logic, JSON.parse(JSON.stringify(machine.state)));
    for (const effect of effects) {
      const at = JSON.stringify(effect.kind === "begin" ? effect.child.path : effect.path);
      if (effect.kind === "act") effect.run({ id: "", send: () => {}, getSnapshot: () => machine.snapshot });
      else if (effect.kind === "end") {
        live.get(at)?.stop();
        live.delete(at);
      } else if (effect.kind === "tell") live.get(at)?.send(effect.event);
      else
        live.set(
          at,
          runChild(effect.child, undefined as never, (event) =>
            told.push(() => carryOut(machine.take(effect.child.path.slice(0, -1), event).effects)),
          ),
        );
    }
    for (let tell = told.shift(); tell; tell = told.shift()) tell();
  };
  const begun = KeptMachine.begin(logic, "tree", undefined);
  machine = begun.machine;
  carryOut(begun.turn.effects);
  const shown = [seen(machine.snapshot)];
  for (const step of steps) {
    if ("send" in step) carryOut(machine.take([], { type: step.send }).effects);
    else {
      const until = now + step.wait;
      while ((machine.dueAt ?? Number.POSITIVE_INFINITY) <= until) {
        now = machine.dueAt!;
        const due = machine.due(now)!;
        carryOut(machine.take(due.path, due.event).effects);
      }
      now = until;
    }
    shown.push(seen(machine.snapshot));
  }
  return shown;
}

function seen(snapshot: any): unknown {
  const { spawned, ...context } = snapshot.context;
  return {
    value: snapshot.value,
    context: { ...context, spawned: spawned?.id },
    status: snapshot.status,
    children: Object.keys(snapshot.children).sort(),
    said: [...said],
  };
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...sent).map((send) => ({ send })) },
  { weight: 1, arbitrary: fc.constantFrom(10, 60, 150, 400).map((wait) => ({ wait })) },
);

test("a kept actor does what a live one does, though it is written down and read again after each event", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      expect(kept(tree, steps)).toEqual(alive(tree, steps));
    }),
    { numRuns: 300 },
  );
});
