/** A manager somewhere else, as its process tells of it. Frozen; a change brings another object. */
export interface Member {
  readonly manager: string;
  readonly major: number;
  readonly minor: number;
  readonly address: string;
  readonly cluster: string | undefined;
  /** Of its incarnation; a higher one of the same store replaces it at its address. Those of different stores say nothing of each other. */
  readonly epoch: number;
  /** Identifies its incarnation; undefined where its process is older than that. Compared for equality only. */
  readonly incarnation?: string | undefined;
  /** Identifies the store that its epoch was counted in; undefined where its process is older than that. */
  readonly store?: string | undefined;
  /** Whether it takes `any` calls now: serving, or degraded in a way that leaves it useful, and heard of lately. */
  readonly canServe: boolean;
  /** The subject token of its process: where cancels and heartbeats for it go. */
  readonly caller: string;
}

/** Who is out there. Filled by the registry from messages; in process there is nobody else. */
export interface Membership {
  /** The live members of a manager and major version. The array is always the same one, and changes as they come and go. */
  of(manager: string, major: number): readonly Member[];
  /** Who is at a manager's address, elsewhere: one of {@link of}, found at the same cost however many there are. */
  at(manager: string, major: number, address: string): Member | undefined;
  /** The lowest minor version among the live members: the pin of refs. Undefined when there is none. */
  lowestMinor(manager: string, major: number): number | undefined;
  /** A promise that resolves when one discovery round for this manager has ended; undefined when there was one already. Never rejects. */
  discover(manager: string, major: number): Promise<void> | undefined;
  /** Told after somebody of a manager and major came to an address, changed there in a way that callers see, or went. Returns how to stop. */
  onChange(listener: (manager: string, major: number, address: string) => void): () => void;
  /**
   * Told when an incarnation is known to be gone: stopped, replaced by a later one or by one of another store, or silent for too long;
   * and, where it had been silent for longer than a process can stand still without noticing, when it was heard last. Returns how to stop.
   */
  onGone(listener: (member: Member, silentSince: number | undefined) => void): () => void;
  /** Told of members whose process has lost its link and has reconnected: what was on its way to them or from them may be lost. Returns how to stop. */
  onReconnected(listener: (members: readonly Member[]) => void): () => void;
  /** Nobody listened where its calls go: whether its process has ended is asked at once. */
  suspect(member: Member): void;
  /** How to find out whether calls in flight have lost their callee. Returns how to forget it. */
  probeWith(probe: CalleeProbe): () => void;
}

/**
 * Whether nobody listens where calls to these places, `<manager>.v<major> <address>` and all of one process, are in flight: true
 * when the broker says so; false when somebody listens, no call is in flight there, or nobody knows. Never rejects.
 */
export type CalleeProbe = (places: ReadonlySet<string>) => Promise<boolean>;

/** What tells an incarnation from others at its address. */
export type Identity = Pick<Member, "epoch" | "incarnation" | "store">;

/** Whether two incarnations at one address are the same one. */
export function isSame(a: Identity, b: Identity): boolean {
  if (a.incarnation !== undefined && b.incarnation !== undefined) return a.incarnation === b.incarnation;
  return a.epoch === b.epoch && ofOneStore(a, b);
}

/** Whether the epochs of two incarnations can be compared: those that name no store may be of the same. */
export function ofOneStore(a: Pick<Member, "store">, b: Pick<Member, "store">): boolean {
  return a.store === undefined || b.store === undefined || a.store === b.store;
}
