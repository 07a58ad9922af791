import type { MemberEntry } from "./beat.ts";

/** Tells everybody of the managers of this process, on and on. */
export interface Beats {
  /** What is new of these managers; the others are as before. A `stopped` one is told once and then no more. */
  put(entries: readonly MemberEntry[]): void;
  /** Resolves when who asks for what was put so far is answered: the broker has the subscriptions. At once without a link, or when it stops. Never rejects. */
  answering(): Promise<void>;
  /** Tells that all of them have stopped, and falls silent. Idempotent, never rejects. */
  stop(): Promise<void>;
}
