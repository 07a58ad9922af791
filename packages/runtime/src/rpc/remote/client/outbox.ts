import type { Refused } from "../../wire/envelope.ts";
import type { CallLane } from "./call-lane.ts";
import type { PendingCall } from "./pending-call.ts";

const maxCalls = 10_000;
const maxBytes = 16_777_216;

interface Waiting {
  readonly lane: CallLane;
  readonly frame: Buffer;
}

/** Calls that wait for the link, in the order they were made. Bounded; their own deadlines end them. */
export class Outbox {
  #waiting = new Map<PendingCall, Waiting>();
  #bytes = 0;

  get size(): number {
    return this.#waiting.size;
  }

  /** False when there is no room. A call that waits already goes with what was given last. */
  add(lane: CallLane, frame: Buffer, pending: PendingCall): boolean {
    const before = this.#waiting.get(pending);
    const bytes = this.#bytes + frame.length - (before?.frame.length ?? 0);
    if (bytes > maxBytes || (!before && this.#waiting.size >= maxCalls)) return false;
    this.#waiting.set(pending, { lane, frame });
    this.#bytes = bytes;
    return true;
  }

  /** It has ended, and makes room. */
  forget(pending: PendingCall): void {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting.get(pending);
    if (!waiting) return;
    this.#waiting.delete(pending);
    this.#bytes -= waiting.frame.length;
  }

  /** Puts everything that is still wanted back into its lane. @param refused told of what does not fit any more */
  release(refused: (pending: PendingCall, why: Exclude<Refused, "full">) => void): void {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    this.#bytes = 0;
    for (const [pending, { lane, frame }] of waiting) {
      const why = lane.addEncoded(frame, pending);
      if (why !== undefined) refused(pending, why);
    }
  }
}
