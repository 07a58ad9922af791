import {
  type Actor,
  type AnyActorLogic,
  createActor,
  createMachine,
  type EventObject,
  enqueueActions,
  type InputFrom,
} from "xstate";
import type { Clock } from "../base/clock.ts";
import type { ChildFrames } from "../inspection/index.ts";
import type { RunningChild } from "./kept-tree.ts";
import { showSystem } from "./shown-system.ts";

interface LiveOptions<L extends AnyActorLogic> {
  readonly id: string;
  readonly input: InputFrom<L> | undefined;
  readonly clock: Clock;
  /** Where it is shown, with all that it spawns. */
  readonly frames: ChildFrames;
  /** It has failed: XState has ended it. */
  onError(error: unknown): void;
  /** It has come to its own end. */
  onDone(): void;
}

/** Starts an actor of the user's, as the root of a system of its own. */
export function startActor<L extends AnyActorLogic>(logic: L, options: LiveOptions<L>): Actor<L> {
  const { id, input, clock, frames, onError, onDone } = options;
  // XState wants no more of a clock than its timers.
  const actor = createActor(logic, { id, input, clock } as never) as Actor<L>;
  const shown = showSystem(actor, id, frames);
  actor.subscribe({
    error: (error) => {
      // XState tells no observer of it.
      shown.ended(actor, { type: `xstate.error.actor.${id}` });
      onError(error);
    },
    complete: onDone,
  });
  return actor;
}

interface ShellInput {
  readonly child: RunningChild;
  readonly id: string;
  deliver(event: EventObject): void;
}

/** The parent that XState wants for a child: it hands on whatever the child says, its end as well. */
const shell = createMachine({
  types: {} as { input: ShellInput; context: ShellInput },
  context: ({ input }) => input,
  entry: enqueueActions(({ enqueue, context: { child, id } }) => {
    const { input } = child.snapshot as { readonly input?: unknown };
    enqueue.spawnChild(child.logic as never, { id, input, syncSnapshot: child.synced } as never);
  }),
  on: { "*": { actions: ({ context, event }) => context.deliver(event) } },
});

/** What a kept actor has invoked or spawned, as it runs. */
export interface LiveChild {
  send(event: EventObject): void;
  stop(): void;
}

/** Runs a child of a kept actor. @param deliver told of what it says to its parent; must not throw */
export function runChild(child: RunningChild, clock: Clock, deliver: (event: EventObject) => void): LiveChild {
  const id = child.path.at(-1)!;
  const actor = createActor(shell, { input: { child, id, deliver }, clock } as never);
  actor.start();
  return {
    send: (event) => (actor.getSnapshot() as any).children[id]?.send(event),
    stop: () => actor.stop(),
  };
}
