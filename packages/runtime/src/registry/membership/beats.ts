import type { MemberEntry } from "./beat.ts";

/** Tells everybody of the managers of this process, on and on. */
export interface Beats {
  /** What is new of these managers; the others are as before. A `stopped` one is told once and then no more. */
  put(entries: readonly MemberEntry[]): void;
  /** Tells that all of them have stopped, and falls silent. Idempotent, never rejects. */
  stop(): Promise<void>;
}
