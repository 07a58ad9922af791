export const beatType = "reeve.beat.v1";

/** The lifecycle's states, as beats tell them. `stopped` and `failed` are an incarnation's last word. */
export const memberStates = [
  "booting",
  "preRpc",
  "serving",
  "degraded",
  "resetting",
  "draining",
  "stopped",
  "failed",
] as const;

export type MemberState = (typeof memberStates)[number];

/**
 * What a process tells of itself and its managers: at an interval, and at once when something changes that callers should know.
 * Most name only what has changed since the last one, which may be nothing; every few intervals one names them all.
 */
export interface Beat {
  /** One life of one process. */
  readonly sender: string;
  readonly host: string;
  /** Higher than that of every message of this sender before. Gaps are nothing: some messages go to one receiver only. */
  readonly sequence: number;
  /** Set when one message cannot hold every manager: the parts of a beat have sequences in a row. */
  readonly part: { readonly part: number; readonly parts: number };
  /** It names only some of the sender's managers: what has changed, or an answer to who asked for these. The others are as before. */
  readonly partial: boolean;
  /** The sender's longest silence, in milliseconds. */
  readonly everyMs: number;
  /** How long the sender's event loop has been held up, in milliseconds. */
  readonly lagMs: number;
  /** The sender stops: nothing follows. */
  readonly last: boolean;
  readonly members: readonly MemberEntry[];
}

/** One manager, as its process tells it. */
export interface MemberEntry {
  readonly manager: string;
  readonly major: number;
  readonly minor: number;
  readonly address: string;
  readonly cluster: string | undefined;
  readonly epoch: number;
  /** Identifies this incarnation; undefined where its process is older than that. Compared for equality only. */
  readonly incarnation: string | undefined;
  /** Identifies the store that its epoch was counted in; undefined where its process is older than that. */
  readonly store: string | undefined;
  /**
   * Since when it has held its address, in milliseconds of this machine's clock that counts sleep; told as a duration.
   * Undefined while it does not hold it: it boots, somebody else holds it, or its process was taken for dead.
   */
  readonly heldSince: number | undefined;
  readonly state: MemberState;
  /** Within `serving`. */
  readonly phase: "warmingUp" | "ready" | undefined;
  /** Why it is degraded. */
  readonly reasons: readonly string[];
  readonly canServe: boolean;
  /** Calls running and waiting. */
  readonly inFlight: number;
  readonly queued: number;
  /** How often its process has lost the link that its calls come over, and has it again. */
  readonly links: number;
}

/** Identifies a manager's place, whoever is there. */
export function placeOf({ manager, major, address }: Pick<MemberEntry, "manager" | "major" | "address">): string {
  return `${manager}.v${major} ${address}`;
}

export function isOver({ state }: Pick<MemberEntry, "state">): boolean {
  return state === "stopped" || state === "failed";
}
