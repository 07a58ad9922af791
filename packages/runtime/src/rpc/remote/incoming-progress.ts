import type { ProgressSink } from "../progress.ts";
import { progressWindow } from "../wire/limits.ts";

/** Steps that may be held for one that is late; then it counts as lost. */
const patience = 4;

/**
 * The reader's end of a remote stream: puts the steps in order, hands them on as the reader makes room, and says how far
 * the callee may run ahead. Holds a window of steps at most, and two after a break.
 */
export class IncomingProgress {
  readonly #sink: ProgressSink;
  /** Steps below this number may be sent. */
  readonly #allow: (upTo: number) => void;
  readonly #held = new Map<number, unknown>();
  readonly #waiting: unknown[] = [];
  #next = 0;
  #allowed = progressWindow;
  #blocked = false;
  /** Since the link broke no step has come: those that were on their way never will, nor may the callee have heard of room. */
  #broken = false;
  #resuming = false;
  /** After a break, what was allowed is counted from the first step that comes: the callee may have been told of so much more. */
  #slack = 0;
  #end: (() => void) | undefined;

  constructor(sink: ProgressSink, allow: (upTo: number) => void) {
    this.#sink = sink;
    this.#allow = allow;
  }

  /** The link broke. */
  broke(): void {
    this.#broken = true;
  }

  /**
   * The callee says that it goes on. After a break it may have sent all it was allowed into that, and needs room beyond it;
   * otherwise the last word of room may have been refused by a link with too much to carry.
   */
  resume(): void {
    this.#resuming = this.#broken;
    if (this.#broken) this.#handOn();
    else if (this.#waiting.length === 0 && !this.#blocked) this.#allow(this.#allowed);
  }

  step(number: number, value: unknown): void {
    // Repeated, or held up on a connection of the callee's that is gone by now.
    if (number < this.#next || this.#end) return;
    const first = this.#broken;
    if (first) this.#countFrom(number);
    // Further ahead than was allowed.
    if (number >= this.#allowed + this.#slack) return;
    this.#held.set(number, value);
    if (first) return this.#takeAll();
    if (number > this.#next && this.#held.size > patience) this.#skipLost();
    this.#takeInOrder();
  }

  /** The answer is here: calls back once the reader has been handed every step. */
  finish(settle: () => void): void {
    this.#takeAll();
    if (!this.#blocked) settle();
    else this.#end = settle;
  }

  /** The first step after a break. */
  #countFrom(number: number): void {
    this.#broken = false;
    this.#allowed = number + progressWindow;
    this.#slack = progressWindow;
    this.#allow(this.#allowed);
  }

  /** What is missing will not come any more. */
  #takeAll(): void {
    do {
      this.#skipLost();
      this.#takeInOrder();
    } while (this.#held.size > 0);
  }

  #skipLost(): void {
    if (this.#held.size > 0) this.#next = Math.min(...this.#held.keys());
  }

  #takeInOrder(): void {
    while (this.#held.has(this.#next)) {
      this.#waiting.push(this.#held.get(this.#next));
      this.#held.delete(this.#next++);
    }
    this.#handOn();
  }

  #handOn(): void {
    while (!this.#blocked && this.#waiting.length > 0) {
      const room = this.#sink.push(this.#waiting.shift());
      if (!room) continue;
      this.#blocked = true;
      void room.then(() => {
        this.#blocked = false;
        this.#handOn();
      });
    }
    if (this.#waiting.length > 0 || this.#blocked) return;
    if (this.#end) return this.#end();
    if (this.#resuming) {
      this.#resuming = false;
      // A callee that sends all of this into another break needs room beyond that too.
      this.#allowed += progressWindow;
      return this.#allow(this.#allowed);
    }
    if (this.#allowed - this.#next > progressWindow / 2) return;
    this.#allowed = this.#next + progressWindow;
    this.#allow(this.#allowed);
  }
}
