/**
 * Whether this process may say of others that they are dead: only one that sees both the broker and the database, and has for a
 * whole window without a break. Who was cut off itself would take everybody for dead.
 */
export type ObserverState =
  /** It has lost the broker or the database, or has not had both yet. */
  | "blind"
  /** It has both; what they have to say of others is still on its way. */
  | "settling"
  /** It has had both for a whole window. */
  | "seeing";

export type ObserverEvent =
  /** The broker or the database is away, or the database takes no writes of this process. */
  | "lost"
  /** Both are there. */
  | "back"
  /** This process stood still: it has heard nobody meanwhile. */
  | "stoodStill"
  /** Both windows are over. */
  | "settled";

/** What follows on what; an event that a row does not name changes nothing. Printed in docs/clusters.md, and compared by a test. */
export const observerTable: Readonly<Record<ObserverState, Readonly<Partial<Record<ObserverEvent, ObserverState>>>>> = {
  blind: { back: "settling" },
  settling: { lost: "blind", settled: "seeing" },
  seeing: { lost: "blind", stoodStill: "settling" },
};
