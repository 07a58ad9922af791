/**
 * What an observer sees, in the terms of XState's own inspection and in the order in which it happened: an actor came to be, an
 * event was sent to it, its snapshot changed, a call was answered. A manager's last snapshot is `done` or `error`, a child's is
 * `done`, `error` or `stopped`; nothing is told of either after that but the answers to calls that a manager leaves.
 */
export type InspectionFrame = ActorFrame | ChildFrame | EventFrame | ReplyFrame | SnapshotFrame | ChildSnapshotFrame;

/** A manager. */
export interface ActorFrame {
  readonly type: "actor";
  /** `manager/address#7`: of one life, and unique on its host. */
  readonly id: string;
  /** `manager/address`. */
  readonly name: string;
  readonly host: string;
  readonly parentId: string | undefined;
  /** The machine's configuration, for drawing its chart. */
  readonly definition: object;
  readonly snapshot: InspectionSnapshot;
  /** How it came to its present state, oldest first, as far as it is remembered. */
  readonly history?: readonly InspectedTransition[];
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** An actor of a user's own, below a manager or another such actor. */
export interface ChildFrame {
  readonly type: "child";
  /** `manager/address/name#8`: of one life, and unique on its host. */
  readonly id: string;
  /** As its manager calls it. */
  readonly name: string;
  readonly parentId: string;
  /** The machine's configuration, for drawing its chart. */
  readonly definition: object;
  readonly snapshot: ChildSnapshot;
  readonly at: number;
}

/** As XState has it. What its machine's author put into it is shown without what a schema of its manager marks as secret. */
export interface ChildSnapshot {
  readonly status: "active" | "done" | "error" | "stopped";
  /** Absent where the actor has no machine. */
  readonly value?: unknown;
  readonly context?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
}

export interface ChildSnapshotFrame {
  readonly type: "child.snapshot";
  readonly id: string;
  /** What led to it. */
  readonly event: InspectedEvent;
  readonly snapshot: ChildSnapshot;
  readonly at: number;
}

/** One step of an actor's past. */
export interface InspectedTransition {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The type of the event that led to it. */
  readonly event: string;
  /** Where it led. */
  readonly value: StateValue;
  readonly causes: InspectionContext["causes"];
  readonly failure?: string;
  /** Of the incarnation. */
  readonly epoch?: number;
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

/** How a call ended that was shown. */
export interface ReplyFrame {
  readonly type: "reply";
  /** The manager that was called. */
  readonly id: string;
  /** Who called it, where that is a manager: `manager/address`. */
  readonly callerName: string | undefined;
  readonly operation: string;
  readonly requestId: string;
  /** `accepted`: a cast was taken in, and nobody is told how it ends. */
  readonly end: "done" | "accepted" | CallFailure;
  readonly at: number;
}

export interface CallFailure {
  readonly reason: string;
  readonly outcome: string;
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
  readonly value: StateValue;
  readonly context: InspectionContext;
}

/** As XState writes it: `"booting"`, `{ serving: "ready" }`. */
export type StateValue = string | Readonly<Record<string, string>>;

/** The figures of a live actor, as in its {@link InspectionContext}. */
export interface InspectionLoad {
  readonly id: string;
  readonly inFlight: number;
  readonly queued: number;
  readonly calls: number;
  readonly errors: number;
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
