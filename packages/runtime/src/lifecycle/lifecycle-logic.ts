import { type ActorLogic, type ActorRef, type ActorSystem, createActor, type SnapshotFrom } from "xstate";
import type { Clock } from "../base/clock.ts";
import { AdmissionGate, type LifecycleHost, type LifecycleSelf, type ManagerEvent } from "./admission-gate.ts";
import { inspectAs } from "./inspected-system.ts";
import { lifecycleMachine } from "./lifecycle-machine.ts";
import { RedactedActor } from "./redacted-actor.ts";
import type { LifecycleState, LifecycleStatus } from "./status.ts";
import type { GuardedObserver } from "./xstate-observer.ts";

export type { LifecycleHost, LifecycleSelf, ManagerEvent } from "./admission-gate.ts";

export type LifecycleSnapshot = SnapshotFrom<typeof lifecycleMachine>;
export type LifecycleLogic<Input> = ActorLogic<LifecycleSnapshot, ManagerEvent, Input, ActorSystem<any>>;

type MachineScope = Parameters<typeof lifecycleMachine.transition>[2];

/** For drawing the chart. */
export const lifecycleDefinition: object = lifecycleMachine.config;

/** An actor that is stopped from outside; XState's own event. */
const stopEvent = "xstate.stop";

export interface LifecycleLogicOptions {
  /**
   * Inspectors of XState may watch its actors: while one does, calls are events of the actor like any other, at several times
   * their cost; they are shown as the host says, and an inspector that throws does no harm. Default `false`.
   */
  readonly inspected?: boolean;
}

/**
 * The machine with a fast path: a call is handed over without a macrostep, in order with the lifecycle's own events.
 * Spreading the machine and replacing `transition` is XState's own pattern for higher-level logic
 * (its test/actorLogic.test.ts). What the host is given as `self` is faster still than the actor's own `send`.
 */
export function lifecycleLogic<Input>(
  createHost: (input: Input, self: LifecycleSelf) => LifecycleHost,
  { inspected = false }: LifecycleLogicOptions = {},
): LifecycleLogic<Input> {
  const { transition, getInitialSnapshot } = lifecycleMachine;
  const logic = {
    ...lifecycleMachine,
    transition(snapshot: LifecycleSnapshot, event: ManagerEvent, scope: MachineScope): LifecycleSnapshot {
      const gate = snapshot.context.effects as AdmissionGate;
      if (event.type === "call") {
        gate.take(event);
        return snapshot;
      }
      gate.shut();
      // Runs after the effects that this transition brings about, when the actor has handled the event.
      const opened = () => gate.open();
      try {
        const next = transition(snapshot, event, scope) as LifecycleSnapshot;
        tell(gate, snapshot, next, event.type);
        scope.defer(opened);
        return next;
      } catch (error) {
        // The actor is lost; whoever waits for its end must not wait for ever.
        gate.changed({ ...statusOf(snapshot), state: "failed", phase: undefined, failure: error }, event.type, true);
        throw error;
      }
    },
    getInitialSnapshot(scope: MachineScope, input: Input): LifecycleSnapshot {
      const gate = new AdmissionGate(scope.self as unknown as LifecycleSelf);
      if (inspected) gate.watchedBy(inspectAs(scope.system, scope.self, new RedactedActor(gate)));
      const host = createHost(input, gate);
      gate.attach(host);
      const snapshot = getInitialSnapshot(scope, { effects: gate, causes: host.standing ?? [] }) as LifecycleSnapshot;
      gate.changed(statusOf(snapshot), "spawn", false);
      scope.defer(() => gate.open());
      return snapshot;
    },
  };
  return logic as unknown as LifecycleLogic<Input>;
}

function tell(gate: AdmissionGate, before: LifecycleSnapshot, now: LifecycleSnapshot, event: string): void {
  if (event === stopEvent) return gate.changed({ ...statusOf(now), state: "stopped", phase: undefined }, event, true);
  if (now.value === before.value && now.context === before.context) return;
  gate.changed(statusOf(now), event, now.status !== "active");
}

/**
 * Starts an actor of this logic. `onCrash` is told if the actor itself breaks, which only a defect can bring about.
 *
 * @param inspect sees the actor as XState tells of it; the logic is an `inspected` one then
 */
export function startLifecycle<Input>(
  logic: LifecycleLogic<Input>,
  input: Input,
  clock: Clock,
  onCrash: (error: unknown) => void,
  inspect?: GuardedObserver,
): ActorRef<LifecycleSnapshot, ManagerEvent> {
  // XState wants no more of a clock than its timers.
  const actor = createActor(logic, { input: input as never, clock, ...(inspect ? { inspect } : {}) } as never);
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
