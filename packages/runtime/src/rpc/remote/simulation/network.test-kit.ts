import type { Random } from "../../../base/random.ts";
import type { EventQueue } from "./event-queue.test-kit.ts";

/** A process's connection to the broker. What was on its way when it broke may be lost, or come late. */
export class Link {
  up = true;
  /** How often it has broken. */
  breaks = 0;
  readonly #listeners: ((up: boolean) => void)[] = [];

  onChange(listener: (up: boolean) => void): void {
    this.#listeners.push(listener);
  }

  break(): void {
    if (!this.up) return;
    this.up = false;
    this.breaks++;
    for (const listener of this.#listeners) listener(false);
  }

  heal(): void {
    if (this.up) return;
    this.up = true;
    for (const listener of this.#listeners) listener(true);
  }
}

/** Moves messages: late, out of order, twice, or not at all. */
export class Network {
  readonly #events: EventQueue;
  readonly #random: Random;
  readonly #stormy: boolean;

  constructor(events: EventQueue, random: Random, stormy: boolean) {
    this.#events = events;
    this.#random = random;
    this.#stormy = stormy;
  }

  /** Hands a message to the socket. */
  send(from: Link, deliver: () => void): void {
    const { breaks } = from;
    const arrive = () => {
      // It lay in a socket that broke: half of that is lost.
      if (from.breaks !== breaks && this.#random() < 0.5) return;
      deliver();
    };
    if (this.#stormy && this.#random() < 0.01) return;
    this.#events.after(this.#delay(), arrive);
  }

  /** It was delivered; now and then it is once more, to the same process. That one message comes to two is nothing that a broker does. */
  repeat(deliver: () => void): void {
    if (this.#stormy && this.#random() < 0.03) this.#events.after(this.#delay() * 20, deliver);
  }

  #delay(): number {
    const random = this.#random();
    return this.#stormy && this.#random() < 0.05 ? 100 + random * 4_000 : 1 + random * 20;
  }
}
