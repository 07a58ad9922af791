import type { Clock } from "../../../base/clock.ts";
import type { PendingCall } from "./pending-call.ts";

/** So many calls are sent again in one turn of the event loop, and then others have theirs. */
const atOnce = 1_000;

/** What is asked of a call that is sent again. */
type ResentCall = Pick<PendingCall, "queued" | "ticket">;

interface Turn<P> {
  readonly pending: P;
  readonly ticket: number;
}

/** Sends calls again under their numbers: in their order, after a break all of them one after the other. */
export class Resends<P extends ResentCall = PendingCall> {
  readonly #clock: Clock;
  readonly #send: (pending: P) => void;
  #queue: Turn<P>[] = [];
  #at = 0;

  /** @param send puts it on its way */
  constructor(clock: Clock, send: (pending: P) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** As soon as its turn comes. */
  add(pending: P): void {
    this.#queue.push(turnOf(pending));
    if (this.#queue.length === 1) queueMicrotask(() => this.#go());
  }

  addLater(pendings: readonly P[], afterMs: number): void {
    const turns = pendings.map(turnOf);
    this.#clock.setTimeout(() => {
      for (const turn of turns) this.#take(turn);
    }, afterMs);
  }

  #go(): void {
    for (let taken = 0; taken < atOnce && this.#at < this.#queue.length; taken++) this.#take(this.#queue[this.#at++]!);
    if (this.#at < this.#queue.length) {
      setImmediate(() => this.#go());
      return;
    }
    this.#queue = [];
    this.#at = 0;
  }

  /** Unless something else has happened to it. */
  #take({ pending, ticket }: Turn<P>): void {
    if (pending.queued && pending.ticket === ticket) this.#send(pending);
  }
}

function turnOf<P extends ResentCall>(pending: P): Turn<P> {
  pending.ticket++;
  return { pending, ticket: pending.ticket };
}
