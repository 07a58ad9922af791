import { shown } from "../config/index.ts";
import type { Cause } from "./cause.ts";

export type LifecycleState =
  | "booting"
  | "preRpc"
  | "serving"
  | "degraded"
  | "resetting"
  | "draining"
  | "stopped"
  | "failed";

/** Where a manager stands, as others may read it. */
export interface LifecycleStatus {
  readonly state: LifecycleState;
  /** Within `serving`: whether `initHostWithRpc` is done and work may be placed here. */
  readonly phase: "warmingUp" | "ready" | undefined;
  readonly causes: readonly Cause[];
  /** A reset was asked for and has not begun. */
  readonly resetWanted: boolean;
  /** What ended it, in `failed` and after a kill. */
  readonly failure: unknown;
}

/** Before the machine has said anything. */
export const unborn: LifecycleStatus = {
  state: "booting",
  phase: undefined,
  causes: [],
  resetWanted: false,
  failure: undefined,
};

/** `serving.ready`, `degraded (DRIVER_LOST: …)`: for messages. */
export function describeStatus(status: LifecycleStatus): string {
  return described(status, ({ reason, message }) => `${reason}: ${message}`);
}

/** The same after a change, for a log: what stood before is named and not told again. */
export function describeChange(status: LifecycleStatus, before: Pick<LifecycleStatus, "causes">): string {
  return described(status, (cause) =>
    before.causes.includes(cause) ? cause.reason : `${cause.reason}: ${cause.message}`,
  );
}

function described({ state, phase, causes, failure }: LifecycleStatus, tell: (cause: Cause) => string): string {
  const name = phase ? `${state}.${phase}` : state;
  if (causes.length > 0) return `${name} (${causes.map(tell).join("; ")})`;
  if (failure === undefined) return name;
  return `${name} (${failure instanceof Error ? failure.message : shown(failure)})`;
}
