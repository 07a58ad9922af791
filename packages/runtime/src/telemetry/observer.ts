/** How something that was observed has ended. */
export interface Ending {
  /** Undefined where it succeeded. */
  readonly error: Error | undefined;
  /** The error's reason, where it has one: `DEADLINE_EXCEEDED`, or one that the operation declares. */
  readonly reason: string | undefined;
  /** What is known about its execution: `executed` where it succeeded or failed while it ran; see `Outcome`. */
  readonly outcome: "never-sent" | "not-executed" | "maybe-executed" | "executed";
  /** Where it was answered: `host` or `host@backend`. Undefined where nobody did. */
  readonly address: string | undefined;
  /** How long it took, in milliseconds by the runtime's clock. */
  readonly ms: number;
}

/** One thing that goes on, as an observer sees it. */
export interface Observation {
  /** It has ended. Called once. */
  end?(ending: Ending): void;
  /** In W3C trace context: what is called because of it carries this on, to other processes as well. Default: what came with its caller. */
  readonly traceparent?: string | undefined;
}

/** A call, as its caller or its callee sees it. */
export interface ObservedCall {
  /** The contract's name. */
  readonly manager: string;
  readonly operation: string;
  /** Who called, as the transport knows it: a host, or the `manager/address` whose operation did. */
  readonly caller: string;
  readonly principal: {
    readonly user: string;
    readonly tenant?: string | undefined;
    readonly roles: readonly string[];
  };
  readonly requestId: string;
  /** What led to it, as this observer saw it in this process: the run that made this call, or the call that this run answers. */
  readonly parent: Observation | undefined;
  /** In W3C trace context, where its caller has sent one. */
  readonly traceparent: string | undefined;
}

/** A call that has its turn in a manager of this process. */
export interface ObservedRun extends ObservedCall {
  /** Of the manager that runs it. */
  readonly address: string;
}

/** Something that one manager does. */
export interface ObservedStep {
  readonly manager: string;
  /** Of the manager. */
  readonly address: string;
  /** The run that does it, where the manager journals work: others are not asked which of their calls runs. */
  readonly parent: Observation | undefined;
}

/** A write transaction of a manager's own store, from its request until it is committed and synced, or rolled back. */
export type ObservedTransaction = ObservedStep;

/** Journalled work. */
export interface ObservedWork extends ObservedStep {
  /** As the manager's `jobs` name it: `volume.creating`. */
  readonly kind: string;
  /** What it is done to. */
  readonly resource: string;
}

/** A call into a driver. */
export interface ObservedDriverCall extends ObservedStep {
  readonly driver: string;
  /** `create`, `snapshots.create`. */
  readonly method: string;
}

/**
 * Sees what a process does. Every method may be left out, and may return nothing where it wants no end. Called on the event loop,
 * before what it is told of goes on: it must return soon. One that throws harms nobody: the first time is logged as a warning.
 *
 * @example
 * ```ts
 * createSupervisor({
 *   host: "block-01",
 *   observer: {
 *     run: ({ manager, operation }) => ({
 *       end: ({ ms, reason = "ok" }) => histogram.record(ms, { manager, operation, reason }),
 *     }),
 *   },
 * });
 * ```
 */
export interface Observer {
  /** Something of this process calls a manager, here or elsewhere; of a cast, until it is taken in. */
  call?(call: ObservedCall): Observation | undefined | void;
  /** A manager of this process has a call whose turn has come, until its handler has returned. */
  run?(run: ObservedRun): Observation | undefined | void;
  /** A manager of this process calls its driver, until its caller goes on. */
  driverCall?(call: ObservedDriverCall): Observation | undefined | void;
  /** A manager of this process changes its tables. */
  transaction?(transaction: ObservedTransaction): Observation | undefined | void;
  /** A manager of this process does journalled work, `work.run` or `work.stream`, until what it returned is committed. */
  work?(work: ObservedWork): Observation | undefined | void;
}
