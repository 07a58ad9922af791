/** Who still has a manager answer calls, from everybody to nobody. */
export type Serves =
  /** Whoever calls. */
  | "everybody"
  /** Callers of this process; others by its address only, or where nobody else can. */
  | "neighbours"
  /** Only those that name its address, or find nobody else. */
  | "addressed"
  /** Nobody: calls are refused with `NOT_SERVING`. */
  | "nobody";
/** Everything that can be wrong with a manager; docs/causes.md prints it. */
export declare const causes: {
  readonly DRIVER_LOST: {
    readonly degrades: true;
    readonly serves: "everybody";
    readonly means: "Its driver is not set up, or was lost; it is retried without end. Operations that need no driver run.";
  };
  readonly NOT_WORKING: {
    readonly degrades: true;
    readonly serves: "everybody";
    readonly means: "Its own `isWorking` says no, throws or hangs. It is asked again every `probeEvery`.";
  };
  readonly LINK_LOST: {
    readonly degrades: true;
    readonly serves: "neighbours";
    readonly means: "There is no link to the broker, or none yet; the message says why the last attempt failed: nobody answers, or the credentials are refused. The attempts go on.";
  };
  readonly LINK_REFUSED: {
    readonly degrades: true;
    readonly serves: "neighbours";
    readonly means: "The broker does not permit a subject without which the manager is not called, not known, or cannot call; `data.denied` lists right and subject. Correct the user's permissions at the broker: it is tried again within a minute.";
  };
  readonly LINK_RESTRICTED: {
    readonly degrades: false;
    readonly serves: "everybody";
    readonly means: "The broker does not permit a subject that only observers need: the inspector, or the listing of services. `data.denied` lists right and subject.";
  };
  readonly STORE_FAILED: {
    readonly degrades: true;
    readonly serves: "addressed";
    readonly means: "The database would lose what it acknowledges, or acknowledges nothing: the disk is full, or the file was removed, replaced, cut off or damaged; `data.fault` says which. Writes are refused. It ends when the database is whole again.";
  };
  readonly LOOP_LAGGING: {
    readonly degrades: true;
    readonly serves: "neighbours";
    readonly means: "The event loop of its process was held up for over 5 s. It ends when the loop turns.";
  };
  readonly ADDRESS_CLAIMED: {
    readonly degrades: true;
    readonly serves: "nobody";
    readonly means: "Another process holds its address. It ends when that process is gone.";
  };
  readonly STOOD_STILL: {
    readonly degrades: true;
    readonly serves: "nobody";
    readonly means: "Its process stood still. It ends when it is known that nobody else has taken its address.";
  };
  readonly HUNG: {
    readonly degrades: true;
    readonly serves: "everybody";
    readonly means: "An operation ignores its signal past twice its deadline; `data` has operation, lane, resource and since when. It ends when the operation returns or is abandoned.";
  };
  readonly CONFIG_REFUSED: {
    readonly degrades: false;
    readonly serves: "everybody";
    readonly means: "Its configuration could not be read again, or is malformed; the one before stays in force. It ends with a reset that reads a good one.";
  };
  readonly RESET_FAILED: {
    readonly degrades: true;
    readonly serves: "everybody";
    readonly means: "Its `reset` threw or took too long. It is tried again after 10 s, then less and less often.";
  };
  readonly PREPARE_FAILED: {
    readonly degrades: true;
    readonly serves: "everybody";
    readonly means: "The driver failed its recovery or `initHost`, which are tried again.";
  };
  readonly WARM_UP_FAILED: {
    readonly degrades: true;
    readonly serves: "everybody";
    readonly means: "Its `initHostWithRpc` threw. It is tried again after 5 s.";
  };
  readonly START_STALLED: {
    readonly degrades: false;
    readonly serves: "everybody";
    readonly means: "A step of its start takes long; the message names it. It ends with the step.";
  };
};
/** What keeps a manager from serving as it should. */
export type CauseReason = keyof typeof causes;
export interface Cause {
  readonly reason: CauseReason;
  readonly message: string;
  /** What it is about, for programs: of `HUNG` the operation, lane, resource and since when. */
  readonly data?: Readonly<Record<string, unknown>>;
}
/** The causes with one more; a reason stands at most once, with its latest message. */
export declare function withCause(causes: readonly Cause[], cause: Cause): readonly Cause[];
/** The causes without some; the same array when none of them stood. */
export declare function withoutCause(causes: readonly Cause[], ...reasons: readonly CauseReason[]): readonly Cause[];
export declare function hasCause(causes: readonly Cause[], reason: CauseReason): boolean;
/** Whether one of them keeps the manager from `serving`. */
export declare function isDegrading(standing: readonly Cause[]): boolean;
/** Whom the worst of them leaves to be answered. */
export declare function servesWith(standing: readonly Cause[]): Serves;
//# sourceMappingURL=cause.d.ts.map
