import { randomFillSync } from "node:crypto";
import { monotonicFactory } from "ulid";
import type { Random } from "./random.ts";

/** Makes unique text ids. */
export type Ids = () => string;

/** Sortable, 26 characters, unique across processes (ULID). */
export function ulids(): Ids {
  const next = monotonicFactory(randomBytes());
  return () => next();
}

/** ULIDs ask for each of their characters: one byte at a time from the system would cost more than the rest of an id. */
function randomBytes(): Random {
  const pool = new Uint8Array(512);
  let used = pool.length;
  return () => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    return pool[used++]! / 256;
  };
}
