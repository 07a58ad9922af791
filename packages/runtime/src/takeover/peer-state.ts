import type { ObserverState } from "./observer-state.ts";

/** What is heard of another member of the cluster, of its last incarnation that is known. */
export type PeerState =
  /** Nothing so far, for less than a window. */
  | "unheard"
  /** Nothing for a whole window. */
  | "missing"
  | "heard"
  /** Its heartbeats are late. */
  | "silent"
  /** Silent for 10 s, or the broker knows it no longer. */
  | "absent"
  /** It has said that it stops. */
  | "departed";

export type PeerEvent =
  | "heard"
  | "silent"
  /** Membership has found it dead. */
  | "ended"
  | "departed"
  /** There was no room to know it any longer. */
  | "forgotten"
  /** The database knows of a later incarnation than what was heard. */
  | "renewed"
  /** Nothing was heard of it for a whole window in which others would have been. */
  | "windowPassed";

/** Whether its member lease runs, by the database's clock. */
export type LeaseState = "none" | "held" | "expired";

export type Verdict = "none" | "alive" | "suspect" | "dead";

/** What follows on what; an event that a row does not name changes nothing. Printed in docs/clusters.md, and compared by a test. */
export const peerTable: Readonly<Record<PeerState, Readonly<Partial<Record<PeerEvent, PeerState>>>>> = {
  unheard: { heard: "heard", silent: "silent", ended: "absent", departed: "departed", windowPassed: "missing" },
  missing: { heard: "heard", silent: "silent", ended: "absent", departed: "departed", renewed: "unheard" },
  heard: { silent: "silent", ended: "absent", departed: "departed", forgotten: "unheard", renewed: "unheard" },
  silent: { heard: "heard", ended: "absent", departed: "departed", forgotten: "unheard", renewed: "unheard" },
  absent: { heard: "heard", silent: "silent", departed: "departed", renewed: "unheard" },
  departed: { heard: "heard", silent: "silent", renewed: "unheard" },
};

/** What is to be thought of it, by who may say so. */
export const verdictTable: Readonly<Record<PeerState, Readonly<Record<LeaseState, Exclude<Verdict, "none">>>>> = {
  // It may have registered a moment ago: neither broker nor lease knows of it then.
  unheard: { none: "suspect", held: "alive", expired: "suspect" },
  // Cut off from the broker it still renews its lease.
  missing: { none: "dead", held: "suspect", expired: "dead" },
  // Its threads speak, and its loop or its database does not.
  heard: { none: "alive", held: "alive", expired: "dead" },
  silent: { none: "suspect", held: "suspect", expired: "dead" },
  absent: { none: "dead", held: "dead", expired: "dead" },
  departed: { none: "dead", held: "dead", expired: "dead" },
};

/** A blind observer has none. */
export function verdictOf(observer: ObserverState, peer: PeerState, lease: LeaseState): Verdict {
  return observer === "seeing" ? verdictTable[peer][lease] : "none";
}
