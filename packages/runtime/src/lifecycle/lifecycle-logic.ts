import type { ActorLogic, ActorSystem, SnapshotFrom } from "xstate";
import type { LifecycleEffects } from "./effects.ts";
import { type LifecycleEvent, lifecycleMachine } from "./lifecycle-machine.ts";
import type { LifecycleState, LifecycleStatus } from "./status.ts";

/** A call, as the actor receives it. Its other fields are the receiver's business. */
export interface CallEvent {
  readonly type: "call";
}

/** The incarnation behind an actor: what the lifecycle works on and reports to. None of its methods may throw. */
export interface LifecycleHost extends LifecycleEffects {
  receive(call: CallEvent): void;
  /** The machine has moved, or its causes have changed; `event` made it so. */
  changed(status: LifecycleStatus, event: string): void;
}

export type LifecycleSnapshot = SnapshotFrom<typeof lifecycleMachine>;
export type ManagerEvent = LifecycleEvent | CallEvent;
export interface LifecycleInput {
  readonly host: LifecycleHost;
  readonly warmUpRetryMs?: number;
}
export type LifecycleLogic = ActorLogic<LifecycleSnapshot, ManagerEvent, LifecycleInput, ActorSystem<any>>;

const { transition, getInitialSnapshot } = lifecycleMachine;

/**
 * The machine with a fast path: a call is handed over without a macrostep, in mailbox order with the lifecycle's own
 * events. One logic serves every manager; the incarnation comes with the input. Spreading the machine and replacing
 * `transition` is XState's own pattern for higher-level logic (its test/actorLogic.test.ts).
 */
export const lifecycleLogic = {
  ...lifecycleMachine,
  transition(
    snapshot: LifecycleSnapshot,
    event: ManagerEvent,
    scope: Parameters<typeof transition>[2],
  ): LifecycleSnapshot {
    const host = snapshot.context.effects as LifecycleHost;
    if (event.type === "call") {
      host.receive(event);
      return snapshot;
    }
    const next = transition(snapshot, event, scope) as LifecycleSnapshot;
    if (next.value !== snapshot.value || next.context !== snapshot.context) host.changed(statusOf(next), event.type);
    return next;
  },
  getInitialSnapshot(
    scope: Parameters<typeof getInitialSnapshot>[0],
    { host, ...rest }: LifecycleInput,
  ): LifecycleSnapshot {
    const snapshot = getInitialSnapshot(scope, { ...rest, effects: host }) as LifecycleSnapshot;
    host.changed(statusOf(snapshot), "spawn");
    return snapshot;
  },
} as unknown as LifecycleLogic;

export function statusOf(snapshot: LifecycleSnapshot): LifecycleStatus {
  const { value, context } = snapshot;
  const [state, phase] = typeof value === "string" ? [value, undefined] : Object.entries(value)[0]!;
  return {
    state: state as LifecycleState,
    phase: phase as LifecycleStatus["phase"],
    causes: context.causes,
    failure: context.failure,
  };
}
