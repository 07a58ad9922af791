import type { Message } from "@reeve/runtime/transport";

/** Receives a message, unless it was closed meanwhile. Must not throw. */
export interface Taker {
  take(message: Message): void;
}

/** Handed over in one turn of the event loop, roughly: a hundred small calls. */
const bytesPerTurn = 12_288;
/** What a message costs beside its bytes. */
const perMessage = 64;
/** More than this does not wait: whoever is slower than the socket must keep it from being read, or all of it ends up here. */
const mostWaitingBytes = 65_536;

interface Waiting {
  readonly taker: Taker;
  readonly message: Message;
}

/**
 * Hands over what comes in from one connection, in order, and a burst in parts: nats.js parses all that the socket had before anything
 * can be answered, so that two processes that call each other a lot would take turns. With parts, the answers to the first leave while
 * the next is worked on, and the other end is busy too. What comes alone is handed over at once.
 */
export class DeliveryThrottle {
  #waiting: Waiting[] = [];
  #next = 0;
  #waitingBytes = 0;
  #spent = 0;
  #armed = false;
  #idle: (() => void)[] = [];

  hand(taker: Taker, message: Message): void {
    if (this.#next === this.#waiting.length && this.#spent < bytesPerTurn) return this.#give(taker, message);
    this.#waiting.push({ taker, message });
    this.#waitingBytes += costOf(message);
    if (this.#waitingBytes > mostWaitingBytes) this.finish();
  }

  /** Hands over all that waits. */
  finish(): void {
    while (this.#next < this.#waiting.length) this.#giveNext();
    this.#emptied();
  }

  /** Resolves when all that came before was handed over. */
  idle(): Promise<void> {
    if (this.#next === this.#waiting.length) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #giveNext(): void {
    const { taker, message } = this.#waiting[this.#next++]!;
    this.#waitingBytes -= costOf(message);
    this.#give(taker, message);
  }

  #give(taker: Taker, message: Message): void {
    this.#spent += costOf(message);
    // Lone messages need not spin the loop each.
    if (!this.#armed && this.#spent >= bytesPerTurn / 4) {
      this.#armed = true;
      setImmediate(this.#turn);
    }
    taker.take(message);
  }

  readonly #turn = (): void => {
    this.#armed = false;
    this.#spent = 0;
    while (this.#next < this.#waiting.length && this.#spent < bytesPerTurn) this.#giveNext();
    if (this.#next === this.#waiting.length) this.#emptied();
  };

  #emptied(): void {
    this.#waiting = [];
    this.#next = 0;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function costOf({ data }: Message): number {
  return data.length + perMessage;
}
