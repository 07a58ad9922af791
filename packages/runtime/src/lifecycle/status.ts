import { shown } from "../config/index.ts";
import type { MailboxMode } from "../mailbox/mailbox.ts";
import { type Cause, hasCause } from "./cause.ts";

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

const modes: Record<LifecycleState, MailboxMode> = {
  booting: "paused",
  preRpc: "paused",
  serving: "open",
  degraded: "open",
  resetting: "paused",
  draining: "closed",
  stopped: "closed",
  failed: "closed",
};

/** Before the machine has said anything. */
export const unborn: LifecycleStatus = {
  state: "booting",
  phase: undefined,
  causes: [],
  resetWanted: false,
  failure: undefined,
};

/** What becomes of a call that arrives: one that somebody else may have run as well does not run here. */
export function modeOf({ state, causes }: Pick<LifecycleStatus, "state" | "causes">): MailboxMode {
  const mode = modes[state];
  if (causes.length === 0 || mode !== "open") return mode;
  return hasCause(causes, "ADDRESS_CLAIMED") || hasCause(causes, "STOOD_STILL") ? "closed" : "open";
}

/** `serving.ready`, `degraded (DRIVER_LOST: …)`: for messages. */
export function describeStatus({ state, phase, causes, failure }: LifecycleStatus): string {
  const name = phase ? `${state}.${phase}` : state;
  if (causes.length > 0) return `${name} (${causes.map(({ reason, message }) => `${reason}: ${message}`).join("; ")})`;
  if (failure === undefined) return name;
  return `${name} (${failure instanceof Error ? failure.message : shown(failure)})`;
}
