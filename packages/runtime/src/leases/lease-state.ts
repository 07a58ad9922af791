/** Where a lease is, as the process that wants or holds it knows. */
export type LeaseState =
  /** Another may hold it. It is looked at again and again. */
  | "waiting"
  /** The database was asked for it, and has not answered. */
  | "acquiring"
  /** Nobody wants it any more, and the database has not answered. */
  | "withdrawing"
  /** The database has confirmed it. */
  | "held"
  /** A renewal was sent, and is not answered. Still held. */
  | "renewing"
  /** A renewal has failed, or nobody knows what became of it. Still held, until its time is over. */
  | "doubtful"
  /** It may be another's. What was done under it is to end. */
  | "lost"
  /** Its holder has let go, and the database is told. */
  | "releasing"
  /** Its holder has let go of it. */
  | "released"
  /** It was never held. */
  | "withdrawn";

export type LeaseEvent =
  /** It may be had: the database is asked. */
  | "ask"
  | "granted"
  /** It was granted so long after the question that it must not be relied on. */
  | "grantedLate"
  /** Another holds it. */
  | "refused"
  /** A renewal is sent. */
  | "renew"
  | "confirmed"
  /** The database says that it is no longer held by this process, or that its holder is fenced. */
  | "gone"
  /** A question or a renewal has failed. Nobody knows whether it was carried out. */
  | "failed"
  /** No renewal was confirmed for so long that another may have it. */
  | "elapsed"
  /** The holder's incarnation has ended, or was fenced. */
  | "ended"
  /** Whoever waits for it does so no longer. */
  | "cancel"
  /** Its holder lets go. */
  | "release"
  /** The database was told that it was let go of, or cannot be told. */
  | "settled";

/** What is to be done, in this order. */
export type LeaseAction =
  /** Tells whoever waits that it is held. */
  | "resolve"
  /** Tells whoever waits that it will not be held. */
  | "reject"
  /** Aborts the signal of what is done under it. */
  | "abort"
  /** Renews it no longer. Its row is left to expire, as what was done under it may go on. */
  | "disown"
  /** Marks its row as free, if that is still its own. */
  | "letGo";

export type LeaseStep = readonly [LeaseState, ...LeaseAction[]];

/** What follows on what. An event that a row does not name changes nothing there. The table is printed in ARCHITECTURE.md, and a test compares them. */
export const leaseTable: Readonly<Record<LeaseState, Readonly<Partial<Record<LeaseEvent, LeaseStep>>>>> = {
  waiting: {
    ask: ["acquiring"],
    ended: ["withdrawn", "reject"],
    cancel: ["withdrawn", "reject"],
  },
  acquiring: {
    granted: ["held", "resolve"],
    // The row is its own, unless another has taken it since: asking again tells.
    grantedLate: ["waiting"],
    refused: ["waiting"],
    failed: ["waiting"],
    ended: ["withdrawing", "reject"],
    cancel: ["withdrawing", "reject"],
  },
  withdrawing: {
    granted: ["releasing", "letGo"],
    grantedLate: ["releasing", "letGo"],
    refused: ["withdrawn"],
    // Where it was granted after all, the next renewal finds a row that nobody knows of, and frees it.
    failed: ["withdrawn"],
  },
  held: {
    renew: ["renewing"],
    elapsed: ["lost", "abort", "disown"],
    ended: ["lost", "abort", "disown"],
    release: ["releasing", "letGo"],
  },
  renewing: {
    confirmed: ["held"],
    failed: ["doubtful"],
    gone: ["lost", "abort", "disown"],
    elapsed: ["lost", "abort", "disown"],
    ended: ["lost", "abort", "disown"],
    release: ["releasing", "letGo"],
  },
  doubtful: {
    renew: ["renewing"],
    elapsed: ["lost", "abort", "disown"],
    ended: ["lost", "abort", "disown"],
    release: ["releasing", "letGo"],
  },
  lost: { release: ["releasing", "letGo"] },
  releasing: { settled: ["released"] },
  released: {},
  withdrawn: {},
};

/** What an event leads to; undefined where it means nothing. */
export function nextLeaseStep(state: LeaseState, event: LeaseEvent): LeaseStep | undefined {
  return leaseTable[state][event];
}

/** Whether its holder may rely on it. */
export function isHeld(state: LeaseState): boolean {
  return state === "held" || state === "renewing" || state === "doubtful";
}
