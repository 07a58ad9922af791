export const membersType = "reeve.members.v1";

/** The lifecycle's states, as messages tell them. `stopped` and `failed` are an incarnation's last word. */
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
  /** How often its process has lost the link that its calls come over, and has reconnected. */
  readonly reconnects: number;
}

/** Identifies a manager's place, whoever is there. */
export function placeOf({ manager, major, address }: Pick<MemberEntry, "manager" | "major" | "address">): string {
  return `${manager}.v${major} ${address}`;
}

export function isOver({ state }: Pick<MemberEntry, "state">): boolean {
  return state === "stopped" || state === "failed";
}

export function kindOf({ manager, major }: Pick<MemberEntry, "manager" | "major">): string {
  return `${manager}.v${major}`;
}
