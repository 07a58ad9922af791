/**
 * What an observer sees, in the terms of XState's own inspection: an actor came to be, an event was sent to it, its
 * snapshot changed. Ids are unique across processes and incarnations: `manager/address#epoch`.
 */
export type InspectionFrame = ActorFrame | EventFrame | SnapshotFrame;

export interface ActorFrame {
  readonly type: "actor";
  readonly id: string;
  /** `manager/address`. */
  readonly name: string;
  readonly host: string;
  readonly parentId: string | undefined;
  /** The machine's configuration, for drawing its chart. */
  readonly definition: object;
  readonly snapshot: InspectionSnapshot;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface EventFrame {
  readonly type: "event";
  /** The receiver. */
  readonly id: string;
  /** The sender, where it is an actor: a manager that called another. */
  readonly sourceId: string | undefined;
  /** `call` with its operation, or an event of the lifecycle. Calls are sampled. */
  readonly event: InspectedEvent;
  readonly at: number;
}

export interface InspectedEvent {
  readonly type: string;
  readonly operation?: string;
  readonly requestId?: string;
  /** Redacted where the schema says `secret`. */
  readonly payload?: unknown;
  /** How many like it this one stands for, itself included. Default 1. */
  readonly count?: number;
}

export interface SnapshotFrame {
  readonly type: "snapshot";
  readonly id: string;
  /** What led to it. */
  readonly event: InspectedEvent;
  readonly snapshot: InspectionSnapshot;
  readonly at: number;
}

export interface InspectionSnapshot {
  readonly status: "active" | "done" | "error";
  /** As XState writes it: `"booting"`, `{ serving: "ready" }`. */
  readonly value: string | Readonly<Record<string, string>>;
  readonly context: InspectionContext;
}

export interface InspectionContext {
  readonly causes: readonly { readonly reason: string; readonly message: string }[];
  readonly epoch: number;
  readonly failure?: string;
  /** Calls running and waiting. */
  readonly inFlight: number;
  readonly queued: number;
  /** Calls taken in and failed since the incarnation began. */
  readonly calls: number;
  readonly errors: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** What the manager's own `inspect()` shows. */
  readonly own?: unknown;
}
