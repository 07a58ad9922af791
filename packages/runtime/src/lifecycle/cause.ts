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

interface CauseEntry {
  /** Whether it keeps the manager from `serving`. One that does not stands beside it. */
  readonly degrades: boolean;
  readonly serves: Serves;
  /** What is wrong, and how it ends. */
  readonly means: string;
}

/** Everything that can be wrong with a manager; docs/causes.md prints it, and a test compares them. */
export const causes = {
  DRIVER_LOST: {
    degrades: true,
    serves: "everybody",
    means: "Its driver is not set up, or was lost; it is retried without end. Operations that need no driver run.",
  },
  NOT_WORKING: {
    degrades: true,
    serves: "everybody",
    means: "Its own `isWorking` says no, throws or hangs. It is asked again every `probeEvery`.",
  },
  LINK_LOST: {
    degrades: true,
    serves: "neighbours",
    means:
      "There is no link to the broker, or none yet; the message says why the last attempt failed: nobody answers, or the credentials are refused. The attempts go on.",
  },
  LINK_REFUSED: {
    degrades: true,
    serves: "neighbours",
    means:
      "The broker does not permit a subject without which the manager is not called, not known, or cannot call; `data.denied` lists right and subject. Correct the user's permissions at the broker: it is tried again every 5 s.",
  },
  LINK_RESTRICTED: {
    degrades: false,
    serves: "everybody",
    means:
      "The broker does not permit a subject that calls do not need: for capabilities, the inspector, or the listing of services. `data.denied` lists right and subject.",
  },
  STORE_FAILED: {
    degrades: true,
    serves: "addressed",
    means:
      "The database would lose what it acknowledges, or acknowledges nothing: the disk is full, or the file was removed, replaced, cut off or damaged; `data.fault` says which. Writes are refused; on a PostgreSQL whose disk is full, those that need room. It ends when the database is whole again.",
  },
  LOOP_LAGGING: {
    degrades: true,
    serves: "neighbours",
    means: "The event loop of its process was held up for over 5 s. It ends when the loop turns.",
  },
  ADDRESS_CLAIMED: {
    degrades: true,
    serves: "nobody",
    means: "Another process holds its address. It ends when that process is gone.",
  },
  STOOD_STILL: {
    degrades: true,
    serves: "nobody",
    means: "Its process stood still. It ends when it is known that nobody else has taken its address.",
  },
  HUNG: {
    degrades: true,
    serves: "everybody",
    means:
      "An operation ignores its signal past twice its deadline; `data` has operation, lane, resource and since when. It ends when the operation returns or is abandoned.",
  },
  CONFIG_REFUSED: {
    degrades: false,
    serves: "everybody",
    means:
      "Its configuration could not be read again, or is malformed; the one before stays in force. It ends with a reset that reads a good one.",
  },
  RESET_FAILED: {
    degrades: true,
    serves: "everybody",
    means: "Its `reset` threw or took too long. It is tried again after 10 s, then less and less often.",
  },
  PREPARE_FAILED: {
    degrades: true,
    serves: "everybody",
    means: "The driver failed its recovery or `initHost`, which are tried again.",
  },
  WARM_UP_FAILED: {
    degrades: true,
    serves: "everybody",
    means: "Its `initHostWithRpc` threw. It is tried again after 5 s.",
  },
  ACTOR_FAILED: {
    degrades: false,
    serves: "everybody",
    means:
      "Actors of its own have failed, or are kept in a state that this program does not know; `data.actors` says how many, and the message names the last. It ends when they are forgotten or spawned anew; one that stands still is tried again when the manager starts anew.",
  },
  START_STALLED: {
    degrades: false,
    serves: "everybody",
    means: "A step of its start takes long; the message names it. It ends with the step.",
  },
} as const satisfies Record<string, CauseEntry>;

/** What keeps a manager from serving as it should. */
export type CauseReason = keyof typeof causes;

export interface Cause {
  readonly reason: CauseReason;
  readonly message: string;
  /** What it is about, for programs: of `HUNG` the operation, lane, resource and since when. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The causes with one more; a reason stands at most once, with its latest message. */
export function withCause(causes: readonly Cause[], cause: Cause): readonly Cause[] {
  return [...causes.filter(({ reason }) => reason !== cause.reason), cause];
}

/** The causes without some; the same array when none of them stood. */
export function withoutCause(causes: readonly Cause[], ...reasons: readonly CauseReason[]): readonly Cause[] {
  const left = causes.filter(({ reason }) => !reasons.includes(reason));
  return left.length === causes.length ? causes : left;
}

export function hasCause(causes: readonly Cause[], reason: CauseReason): boolean {
  return causes.some((cause) => cause.reason === reason);
}

/** Whether one of them keeps the manager from `serving`. */
export function isDegrading(standing: readonly Cause[]): boolean {
  return standing.some(({ reason }) => causes[reason].degrades);
}

const fewer: readonly Serves[] = ["everybody", "neighbours", "addressed", "nobody"];

/** Whom the worst of them leaves to be answered. */
export function servesWith(standing: readonly Cause[]): Serves {
  let least = 0;
  for (const { reason } of standing) least = Math.max(least, fewer.indexOf(causes[reason].serves));
  return fewer[least]!;
}
