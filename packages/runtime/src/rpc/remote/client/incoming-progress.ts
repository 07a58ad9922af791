import type { ProgressSink } from "../../callee/progress.ts";
import { progressWindow } from "../../wire/limits.ts";

/** Steps that may be held for one that is late; then it counts as lost. */
const patience = 4;

/** A step, and how many just before it the reader does not get. */
interface Held {
  readonly value: unknown;
  readonly missed: number;
}

/**
 * The reader's end of a remote stream: puts the steps in order, hands them on as the reader makes room, and says how far
 * the callee may run ahead. Holds a window of steps at most, and two after a break.
 */
export class IncomingProgress {
  readonly #sink: ProgressSink;
  /** Steps below this number may be sent. */
  readonly #allow: (upTo: number) => void;
  readonly #held = new Map<number, Held>();
  readonly #waiting: Held[] = [];
  #next = 0;
  /** Just before the next one, on the way. */
  #lost = 0;
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

  /** @param missed how many just before it the callee had no room for */
  step(number: number, value: unknown, missed = 0): void {
    // Repeated, or held up on a connection of the callee's that is gone by now.
    if (number < this.#next || this.#end) return;
    const first = this.#broken;
    if (first) this.#countFrom(number);
    // Further ahead than was allowed.
    if (number >= this.#allowed + this.#slack) return;
    this.#held.set(number, { value, missed });
    if (first) return this.#takeAll();
    if (number > this.#next && this.#held.size > patience) this.#skipLost();
    this.#takeInOrder();
  }

  /** It is over: what has come is handed on whether the reader has room or not. @param count how many steps there were, where that is known */
  end(count?: number): void {
    this.#takeAll();
    for (const step of this.#waiting.splice(0)) this.#push(step);
    this.#missAfter(count);
  }

  /**
   * The answer is here: calls back once the reader has been handed every step.
   *
   * @param count how many steps there were, where that is known
   */
  finish(settle: () => void, count?: number): void {
    this.#takeAll();
    const end = () => {
      this.#missAfter(count);
      settle();
    };
    if (!this.#blocked) end();
    else this.#end = end;
  }

  #missAfter(count = 0): void {
    if (count <= this.#next) return;
    this.#sink.missed(count - this.#next);
    this.#next = count;
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
    if (this.#held.size === 0) return;
    const next = Math.min(...this.#held.keys());
    this.#lost += next - this.#next;
    this.#next = next;
  }

  #takeInOrder(): void {
    while (this.#held.has(this.#next)) {
      const { value, missed } = this.#held.get(this.#next)!;
      this.#waiting.push({ value, missed: missed + this.#lost });
      this.#lost = 0;
      this.#held.delete(this.#next++);
    }
    this.#handOn();
  }

  #push({ value, missed }: Held): Promise<void> | undefined {
    if (missed > 0) this.#sink.missed(missed);
    return this.#sink.push(value);
  }

  #handOn(): void {
    while (!this.#blocked && this.#waiting.length > 0) {
      const room = this.#push(this.#waiting.shift()!);
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
