import type { LifecycleStatus } from "../lifecycle/status.ts";
import type { HeldWork } from "../recovery/index.ts";
import type { Child } from "./child.ts";

/** A manager as its supervisor lists it. */
export interface ManagerReport {
  readonly manager: string;
  readonly version: string;
  readonly address: string;
  /** Of the present incarnation; 0 before it has registered. */
  readonly epoch: number;
  readonly status: LifecycleStatus;
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

export function reportOf({ spec, status, incarnation }: Child): ManagerReport {
  const { name, version } = spec.definition.contract;
  const { inFlight = 0, queued = 0 } = incarnation?.service.mailbox ?? {};
  const { calls = 0, errors = 0 } = incarnation?.service.counters ?? {};
  return {
    manager: name,
    version,
    address: spec.address,
    epoch: incarnation?.epoch ?? 0,
    status,
    inFlight,
    queued,
    calls,
    errors,
    held: incarnation?.held() ?? [],
    own: incarnation?.inspect(),
  };
}
