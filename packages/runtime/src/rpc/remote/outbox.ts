import type { CallLane } from "./call-lane.ts";
import type { PendingCall } from "./pending-call.ts";

const maxCalls = 10_000;
const maxBytes = 16_777_216;

interface Waiting {
  readonly lane: CallLane;
  readonly frame: Buffer;
  readonly pending: PendingCall;
}

/** Calls that wait for the link, in the order they were made. Bounded; their own deadlines end them. */
export class Outbox {
  #waiting: Waiting[] = [];
  #bytes = 0;

  get size(): number {
    return this.#waiting.length;
  }

  /** False when there is no room. */
  add(lane: CallLane, frame: Buffer, pending: PendingCall): boolean {
    // What has ended meanwhile makes room.
    if (this.#full(frame)) this.#keep(this.#waiting.filter(({ pending }) => !pending.over));
    if (this.#full(frame)) return false;
    this.#waiting.push({ lane, frame, pending });
    this.#bytes += frame.length;
    return true;
  }

  /** Puts everything that is still wanted back into its lane. */
  release(): void {
    const waiting = this.#waiting;
    this.#keep([]);
    for (const { lane, frame, pending } of waiting) if (!pending.over) lane.addEncoded(frame, pending);
  }

  #full(frame: Buffer): boolean {
    return this.#waiting.length >= maxCalls || this.#bytes + frame.length > maxBytes;
  }

  #keep(waiting: Waiting[]): void {
    this.#waiting = waiting;
    this.#bytes = waiting.reduce((bytes, { frame }) => bytes + frame.length, 0);
  }
}
