/**
 * Where a supervised manager is in its sequence of lives. The lifecycle says how one life goes; this says whether another
 * follows.
 */
export type ChildState =
  /** Not started yet: it is started in its turn. */
  | "absent"
  /** Its first life boots, or does so once what is left of the last one has closed. When that fails, nobody tries again. */
  | "starting"
  /** Its first life has failed. Whoever started it decides. */
  | "failed"
  /** It has been open. When this life ends, another follows. */
  | "running"
  /** A life has failed; the next one begins after a pause. */
  | "backingOff"
  /** The life drains, to be followed by another. */
  | "replacing"
  /** A further life boots, or does so once the last one has closed. When it fails, it is tried again. */
  | "restarting"
  /** Another process has taken its address. The next life begins when that is gone. */
  | "superseded"
  /** The life drains, and none follows. */
  | "stopping"
  /** None lives, and none follows until it is started again. */
  | "stopped"
  /** It ends for good: too many failures, another process at its address of which nobody would tell that it is gone, or no time for a drain. */
  | "leaving"
  /** It has ended for good. */
  | "gone";

export type ChildEvent =
  /** Somebody wants it to run. */
  | "start"
  /** Somebody wants a new life. */
  | "restart"
  /** Somebody wants it to rest. */
  | "stop"
  /** Somebody wants it gone, at once. */
  | "terminate"
  /** Somebody wants its life to end as in a crash. */
  | "kill"
  /** The endpoints of its life are open. */
  | "opened"
  /** Its life has ended, in whatever way; also because a member of its cluster has fenced it to finish its work. */
  | "ended"
  /** Its life has ended because another process has taken its address, and will be told when that is gone. */
  | "superseded"
  /** The same, where no other process is heard of. */
  | "fenced"
  /** Nobody else has its address any more. */
  | "vacant"
  /** All that the last life had opened is closed. */
  | "closed"
  /** The pause is over. */
  | "due"
  /** It has failed more often than its restart intensity allows. */
  | "exhausted";

/** What the child has to do, in this order. */
export type ChildAction =
  /** Begins a life, and hands it the calls that wait. */
  | "begin"
  | "drain"
  | "kill"
  /** Tells `closed` when the last life has let go of everything. */
  | "close"
  /** The same, without time for it; nothing while it lives, as its end tells by itself. */
  | "closeNow"
  /** Counts the failure; tells `due` after the backoff, or `exhausted`. */
  | "backOff"
  | "cancelBackOff"
  /** Tells `vacant` when its address is free. */
  | "yield"
  | "cancelYield"
  /** Tells the supervisor that it cannot go on. */
  | "giveUp"
  /** It can be called again: calls wait for its next life. */
  | "join"
  /** It can be called no more: calls that wait are refused. */
  | "leave";

export type ChildStep = readonly [ChildState, ...ChildAction[]];

/**
 * What follows on what. An event that a row does not name changes nothing there; `start` and `restart` are refused. The table is
 * printed in ARCHITECTURE.md, and a test compares them.
 */
export const childTable: Readonly<Record<ChildState, Readonly<Partial<Record<ChildEvent, ChildStep>>>>> = {
  absent: {
    start: ["starting", "begin"],
    stop: ["stopped", "leave"],
    terminate: ["gone", "leave"],
  },
  starting: {
    start: ["starting"],
    // As new a life as a restart would bring.
    restart: ["starting"],
    stop: ["stopping", "drain"],
    terminate: ["leaving", "kill", "closeNow"],
    kill: ["starting", "kill"],
    opened: ["running"],
    ended: ["failed"],
    superseded: ["superseded", "yield"],
    fenced: ["failed"],
    closed: ["starting", "begin"],
  },
  failed: {
    start: ["starting", "close"],
    restart: ["starting", "close"],
    stop: ["stopping", "close"],
    terminate: ["leaving", "closeNow"],
  },
  running: {
    start: ["running"],
    restart: ["replacing", "drain"],
    stop: ["stopping", "drain"],
    terminate: ["leaving", "kill", "closeNow"],
    kill: ["running", "kill"],
    ended: ["backingOff", "backOff"],
    superseded: ["superseded", "yield"],
    fenced: ["leaving", "close", "giveUp"],
  },
  backingOff: {
    start: ["backingOff"],
    restart: ["restarting", "cancelBackOff", "close"],
    stop: ["stopping", "cancelBackOff", "close"],
    terminate: ["leaving", "cancelBackOff", "closeNow"],
    due: ["restarting", "close"],
    exhausted: ["leaving", "close", "giveUp"],
  },
  replacing: {
    start: ["replacing"],
    restart: ["replacing"],
    stop: ["stopping"],
    terminate: ["leaving", "kill", "closeNow"],
    kill: ["replacing", "kill"],
    ended: ["restarting", "close"],
    // The next life would take the address back from whoever has it now.
    superseded: ["superseded", "yield"],
    fenced: ["leaving", "close", "giveUp"],
  },
  restarting: {
    start: ["restarting"],
    restart: ["restarting"],
    stop: ["stopping", "drain"],
    terminate: ["leaving", "kill", "closeNow"],
    kill: ["restarting", "kill"],
    opened: ["running"],
    ended: ["backingOff", "backOff"],
    superseded: ["superseded", "yield"],
    fenced: ["leaving", "close", "giveUp"],
    closed: ["restarting", "begin"],
  },
  superseded: {
    start: ["superseded"],
    // As with a start: it would take the address back.
    restart: ["superseded"],
    stop: ["stopping", "cancelYield", "close"],
    terminate: ["leaving", "cancelYield", "closeNow"],
    vacant: ["restarting", "close"],
  },
  stopping: {
    stop: ["stopping"],
    terminate: ["leaving", "kill", "closeNow"],
    kill: ["stopping", "kill"],
    ended: ["stopping", "close"],
    superseded: ["stopping", "close"],
    fenced: ["stopping", "close"],
    closed: ["stopped", "leave"],
  },
  stopped: {
    start: ["starting", "join", "begin"],
    restart: ["starting", "join", "begin"],
    stop: ["stopped"],
    terminate: ["gone"],
  },
  leaving: {
    stop: ["leaving"],
    terminate: ["leaving", "closeNow"],
    ended: ["leaving", "closeNow"],
    superseded: ["leaving", "closeNow"],
    fenced: ["leaving", "closeNow"],
    closed: ["gone", "leave"],
  },
  gone: { stop: ["gone"], terminate: ["gone"] },
};

/** What an event leads to; undefined where it means nothing, or is refused. */
export function nextChildStep(state: ChildState, event: ChildEvent): ChildStep | undefined {
  return childTable[state][event];
}

/** Whether nothing brings it back but a start. */
export function isLeaving(state: ChildState): boolean {
  return state === "stopping" || isAtRest(state) || state === "leaving";
}

/** Whether the next life comes soon, and without a further start: calls wait for it. */
export function comesByItself(state: ChildState): boolean {
  return !isLeaving(state) && state !== "failed" && state !== "superseded";
}

/** Whether none lives, and none follows by itself. */
export function isAtRest(state: ChildState): boolean {
  return state === "stopped" || state === "gone";
}

/** Whether its life is one that is wanted, not on its way out, or will be when its address is free. */
export function isComing(state: ChildState): boolean {
  return state === "starting" || state === "running" || state === "restarting" || state === "superseded";
}
