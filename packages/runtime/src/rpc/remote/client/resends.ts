import type { Clock } from "../../../base/clock.ts";
import type { PendingCall } from "./pending-call.ts";

/** So many calls are sent again in one turn of the event loop, and then others have theirs. */
const atOnce = 1_000;

interface Turn {
  readonly pending: PendingCall;
  readonly ticket: number;
}

/** Sends calls again under their numbers: in their order, after a break all of them one after the other. */
export class Resends {
  readonly #clock: Clock;
  readonly #send: (pending: PendingCall) => void;
  #queue: Turn[] = [];
  #at = 0;

  /** @param send puts it on its way */
  constructor(clock: Clock, send: (pending: PendingCall) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** As soon as its turn comes. */
  add(pending: PendingCall): void {
    this.#queue.push(turnOf(pending));
    if (this.#queue.length === 1) queueMicrotask(() => this.#go());
  }

  addLater(pendings: readonly PendingCall[], afterMs: number): void {
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
  #take({ pending, ticket }: Turn): void {
    if (pending.queued && pending.ticket === ticket) this.#send(pending);
  }
}

function turnOf(pending: PendingCall): Turn {
  pending.ticket++;
  return { pending, ticket: pending.ticket };
}
