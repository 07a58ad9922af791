import { monotonicFactory } from "ulid";

/** Makes unique text ids. */
export type Ids = () => string;

/** Sortable, 26 characters, unique across processes (ULID). */
export function ulids(): Ids {
  const next = monotonicFactory();
  return () => next();
}
