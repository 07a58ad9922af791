import type { Account, Entry } from "./account.ts";
import type { ErrandsSeen } from "./errand-witness.ts";

/** What is wrong of casts, timers, tasks and leases, by the promise that it breaks. */
export interface ErrandVerdict {
  /** Acknowledged or committed, and never done. */
  readonly undone: readonly string[];
  /** Done more than once. */
  readonly doneTwice: readonly string[];
  /** Done though its caller was told that it had not been sent. */
  readonly unasked: readonly string[];
  /** Timers that fired before their time, by the database's clock. */
  readonly early: readonly string[];
  /** Lanes out of order. */
  readonly disordered: readonly string[];
  /** Turns of a task that was run by two at once. */
  readonly overlapping: readonly string[];
  /** Epochs of leases that went back, or were given twice. */
  readonly wrongEpochs: readonly string[];
  /** Leases taken from a holder that might rely on them. */
  readonly seized: readonly string[];
}

/** Compares what callers of errands were told with what was done, once everything has come to an end. */
export function judgeErrands(account: Account, seen: ErrandsSeen): ErrandVerdict {
  const { done, missing, early, disordered, overlapping, wrongEpochs, seized } = seen;
  const undone = [...missing];
  const unasked: string[] = [];
  for (const [id, entries] of Map.groupBy(account.entries, ({ key }) => key)) {
    const isDone = done.has(id);
    if (!isDone && entries.some(({ ending }) => ending === "value")) undone.push(`${id} was acknowledged`);
    if (isDone && entries.every(neverRan)) unasked.push(`${id}: ${entries.map(({ reason }) => reason).join(", ")}`);
  }
  const doneTwice = [...done].filter(([, times]) => times > 1).map(([id, times]) => `${id}: ${times} times`);
  return { undone, doneTwice, unasked, early, disordered, overlapping, wrongEpochs, seized };
}

function neverRan({ ending }: Entry): boolean {
  return ending === "never-sent" || ending === "not-executed";
}
