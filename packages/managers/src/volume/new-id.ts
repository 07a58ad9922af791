import { monotonicFactory } from "ulid";

/** Makes the identity of a new volume or snapshot. Ids sort by the time they were made, which is the order of lists. */
export type NewId = () => string;

export function ulids(): NewId {
  const next = monotonicFactory();
  return () => next();
}
