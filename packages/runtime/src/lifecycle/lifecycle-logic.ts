import { type ActorLogic, type ActorRef, type ActorSystem, createActor, type SnapshotFrom } from "xstate";
import type { Clock } from "../base/clock.ts";
import type { LifecycleEffects } from "./effects.ts";
import { type LifecycleEvent, lifecycleMachine } from "./lifecycle-machine.ts";
import type { LifecycleState, LifecycleStatus } from "./status.ts";

/** A call, as the actor receives it. Its other fields are the receiver's business. */
export interface CallEvent {
  readonly type: "call";
}

export type ManagerEvent = LifecycleEvent | CallEvent;

/** The incarnation behind an actor: what the lifecycle works on and reports to. None of its methods may throw. */
export interface LifecycleHost extends LifecycleEffects {
  receive(call: CallEvent): void;
  /** The machine has moved, or its causes have changed; `event` made it so. */
  changed(status: LifecycleStatus, event: string): void;
}

/** The actor as its own host sees it. */
export interface LifecycleSelf {
  send(event: ManagerEvent): void;
}

export type LifecycleSnapshot = SnapshotFrom<typeof lifecycleMachine>;
export type LifecycleLogic<Input> = ActorLogic<LifecycleSnapshot, ManagerEvent, Input, ActorSystem<any>>;

type MachineScope = Parameters<typeof lifecycleMachine.transition>[2];

/** For drawing the chart. */
export const lifecycleDefinition: object = lifecycleMachine.config;

/**
 * The machine with a fast path: a call is handed over without a macrostep, in mailbox order with the lifecycle's own
 * events. Spreading the machine and replacing `transition` is XState's own pattern for higher-level logic
 * (its test/actorLogic.test.ts).
 */
export function lifecycleLogic<Input>(
  createHost: (input: Input, self: LifecycleSelf) => LifecycleHost,
): LifecycleLogic<Input> {
  const { transition, getInitialSnapshot } = lifecycleMachine;
  const logic = {
    ...lifecycleMachine,
    transition(snapshot: LifecycleSnapshot, event: ManagerEvent, scope: MachineScope): LifecycleSnapshot {
      const host = snapshot.context.effects as LifecycleHost;
      if (event.type === "call") {
        host.receive(event);
        return snapshot;
      }
      const next = transition(snapshot, event, scope) as LifecycleSnapshot;
      if (next.value !== snapshot.value || next.context !== snapshot.context) host.changed(statusOf(next), event.type);
      return next;
    },
    getInitialSnapshot(scope: MachineScope, input: Input): LifecycleSnapshot {
      const host = createHost(input, scope.self as unknown as LifecycleSelf);
      const snapshot = getInitialSnapshot(scope, { effects: host }) as LifecycleSnapshot;
      host.changed(statusOf(snapshot), "spawn");
      return snapshot;
    },
  };
  return logic as unknown as LifecycleLogic<Input>;
}

/** Starts an actor of this logic. `onCrash` is told if the actor itself breaks, which only a defect can bring about. */
export function startLifecycle<Input>(
  logic: LifecycleLogic<Input>,
  input: Input,
  clock: Clock,
  onCrash: (error: unknown) => void,
): ActorRef<LifecycleSnapshot, ManagerEvent> {
  const actor = createActor(logic, {
    input: input as never,
    clock: {
      setTimeout: (callback: () => void, ms: number) => clock.setTimeout(callback, ms),
      clearTimeout: (timer: unknown) => clock.clearTimeout(timer),
    },
  } as never);
  actor.subscribe({ error: onCrash });
  actor.start();
  return actor as unknown as ActorRef<LifecycleSnapshot, ManagerEvent>;
}

export function statusOf(snapshot: LifecycleSnapshot): LifecycleStatus {
  const { value, context } = snapshot;
  const [state, phase] = typeof value === "string" ? [value, undefined] : Object.entries(value)[0]!;
  return {
    state: state as LifecycleState,
    phase: phase as LifecycleStatus["phase"],
    causes: context.causes,
    resetWanted: context.resetWanted,
    failure: context.failure,
  };
}
