import type { Clock } from "./clock.ts";

/** A chain of steps goes on for so long; then timers and sockets get their turn. */
const longestMs = 5;
/** Where steps are short the time is read about this often. */
const readEveryMs = 0.5;
/** At most so many steps go by without that. */
const mostUnread = 63;

/** In the place of the time at which it ends. */
const over = Number.NEGATIVE_INFINITY;

/**
 * Lets the event loop turn. What is settled where it is awaited goes on in the same turn, so that work that awaits only such
 * things would never let go of the loop: no timer would fire, no deadline pass, no socket be read. All such work of a host asks
 * here before each step, whether that is the answer to a call or a statement of a store, and so has one share of a turn together.
 *
 * ```ts
 * for (const item of items) {
 *   if (turn.look()) await turn.turned();
 *   await work(item);
 * }
 * ```
 */
export class LoopTurn {
  readonly #clock: Pick<Clock, "now">;
  /** Steps until the time is read again. */
  #unread = 0;
  #between = 0;
  #readAt = 0;
  /** When this turn has lasted long enough; undefined before its first step. */
  #endsAt: number | undefined = undefined;
  /** What is to be called, and after it with what. */
  #held: unknown[] = [];

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /**
   * Whether this turn has lasted long enough: then {@link next} is the place for what would prolong it. For steps that cost
   * less than the clock: that is read for one in many.
   */
  get isOver(): boolean {
    return --this.#unread < 0 && this.#isOverNow();
  }

  /** As {@link isOver}, for steps any of which may be long: reads the clock. */
  look(): boolean {
    if (this.#endsAt === over) return true;
    const now = this.#clock.now();
    this.#readAt = now;
    if (this.#endsAt === undefined) {
      this.#begin();
      this.#endsAt = now + longestMs;
    } else if (now >= this.#endsAt) this.#end();
    return this.#endsAt === over;
  }

  /** Calls it with the value in the next turn, in the order in which they were given. Must not throw. */
  next<T>(act: (value: T) => void, value: T): void {
    if (this.#endsAt === undefined) this.#begin();
    this.#end();
    this.#held.push(act, value);
  }

  /** Resolves in the next turn. */
  turned(): Promise<void> {
    return new Promise((resolve) => this.next(resolve, undefined));
  }

  #isOverNow(): boolean {
    const before = this.#readAt;
    if (this.look()) return true;
    const isShort = this.#readAt - before < readEveryMs;
    this.#between = isShort ? Math.min(mostUnread, this.#between * 2 + 1) : this.#between >> 1;
    this.#unread = this.#between;
    return false;
  }

  /** The loop is kept from sleeping until then: what is held is somebody's answer. */
  #begin(): void {
    setImmediate(() => this.#turned());
  }

  /** From here on everything is put off: nothing overtakes what is held. */
  #end(): void {
    this.#endsAt = over;
    this.#unread = 0;
  }

  #turned(): void {
    this.#endsAt = undefined;
    this.#unread = 0;
    this.#between = 0;
    const held = this.#held;
    if (held.length === 0) return;
    this.#held = [];
    for (let at = 0; at < held.length; at += 2) (held[at] as (value: unknown) => void)(held[at + 1]);
  }
}
