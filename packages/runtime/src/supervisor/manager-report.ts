import type { LifecycleStatus } from "../lifecycle/status.ts";
import type { HeldWork } from "../recovery/index.ts";
import type { Child } from "./child.ts";
import type { ChildState } from "./child-state.ts";

/** A manager as its supervisor lists it. */
export interface ManagerReport {
  readonly manager: string;
  readonly version: string;
  readonly address: string;
  /** Of the present incarnation; 0 before it has registered. */
  readonly epoch: number;
  /** Of the present incarnation, or of the last one. */
  readonly status: LifecycleStatus;
  /** Whether another incarnation follows: `stopped` until it is started, `backingOff` and `restarting` between two, `superseded` until another process is gone. */
  readonly supervision: ChildState;
  /** Calls running and waiting. */
  readonly inFlight: number;
  readonly queued: number;
  /** Calls taken in and failed since the incarnation began. */
  readonly calls: number;
  readonly errors: number;
  /** Work that has failed and is not settled, because a driver call that it made still runs; `abandon` settles it all the same. */
  readonly held: readonly HeldWork[];
  /** What the manager's own `inspect` shows; where that is asynchronous, what the last one came to, and this report asks anew. */
  readonly own: unknown;
}

export function reportOf(child: Child): ManagerReport {
  const { spec, status, state, life } = child;
  const { name, version } = spec.definition.contract;
  const { inFlight = 0, queued = 0 } = life?.load ?? {};
  const { calls = 0, errors = 0 } = life?.counters ?? {};
  return {
    manager: name,
    version,
    address: spec.address,
    epoch: life?.epoch ?? 0,
    status,
    supervision: state,
    inFlight,
    queued: queued + child.postponed().length,
    calls,
    errors,
    held: life?.held() ?? [],
    own: life?.inspect(),
  };
}
