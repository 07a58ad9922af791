import type { ChainLink } from "../mailbox/chain.ts";
import type { Observed } from "../telemetry/observing.ts";
import type { Principal } from "./principal.ts";

/** Something that can be told that its result is no longer wanted. */
export interface Cancellable {
  cancel(reason: unknown): void;
}

/** What the calls of an origin end with. */
export interface Bounds {
  /** No nested call may outlive it; infinite where nothing bounds it, or while its own time has not begun to run. */
  readonly deadlineAt: number;
  /** Fixes `deadlineAt` where time has not begun to run. */
  startClock?(now: number): void;
  /** Takes note of a nested call, to cancel it together with this one, at once if this one is over. Returns how to forget it. */
  adopt?(nested: Cancellable): () => void;
}

/** Where a call comes from: what it inherits. A running {@link Call} is the origin of the calls its handler makes. */
export interface Origin extends Bounds {
  /** Who calls, as the transport knows it: a host, or a `manager/address`. */
  readonly peer: string;
  /** The call came from another process. */
  readonly remote?: true | undefined;
  readonly principal: Principal;
  readonly requestId: string | undefined;
  /** What bounds its calls instead of itself, now: work that does not end when its caller departs. */
  readonly bounds?: Bounds | undefined;
  /** The running call, where there is one. */
  readonly link: ChainLink | undefined;
  /** What its calls are made by, as the observer of this process sees it. */
  readonly observed?: Observed | undefined;
  /** In W3C trace context: what its calls carry on. */
  readonly traceparent?: string | undefined;
  /** Whether its calls wait for a manager that is not serving yet. False while the caller itself boots: two managers that start would wait for each other. */
  readonly waits: boolean;
}
