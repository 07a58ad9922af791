/** A chain of answers goes on for so long; then timers and sockets get their turn. */
const longestMs = 5;
/** The time is looked at about this often. */
const lookEveryMs = 0.5;
/** And after so many answers at the latest. */
const mostUnseen = 64;

/**
 * Lets the event loop turn. A promise that is settled where it is awaited goes on in the same turn, and callers that await one
 * call after another would never let go of it: no timer would fire, no deadline pass, no socket be read. What is asked here
 * before each answer costs a subtraction; the time is read for one answer in many ({@link mostUnseen} where they are short).
 */
export class LoopTurn {
  readonly #now: () => number;
  /** Answers until the time is looked at again. */
  #unseen = 1;
  #every = 1;
  #seenAt = 0;
  /** When this turn was seen first. */
  #beganAt: number | undefined = undefined;
  /** What is to be called, and after it with what. */
  #held: unknown[] = [];

  /** @param now milliseconds of a monotonic clock that goes on while code runs */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether this turn has lasted long enough: then {@link next} is the place for what would prolong it. */
  get isOver(): boolean {
    return --this.#unseen < 0 && this.#look();
  }

  /** Calls it with the value in the next turn, in the order in which they were given. Must not throw. */
  next<T>(act: (value: T) => void, value: T): void {
    if (this.#held.length === 0) setImmediate(() => this.#turned());
    this.#held.push(act, value);
  }

  /** Resolves in the next turn. */
  turned(): Promise<void> {
    return new Promise((resolve) => this.next(resolve, undefined));
  }

  #look(): boolean {
    if (this.#held.length > 0) return true;
    const now = this.#now();
    if (this.#beganAt === undefined) {
      this.#beganAt = now;
      // Nobody waits for this one: it must not keep the loop from sleeping.
      setImmediate(() => {
        if (this.#held.length === 0) this.#beganAt = undefined;
      }).unref();
    } else if (now - this.#beganAt >= longestMs) return true;
    else if (now - this.#seenAt >= lookEveryMs) this.#every = Math.max(1, this.#every >> 1);
    else this.#every = Math.min(mostUnseen, this.#every * 2);
    this.#seenAt = now;
    this.#unseen = this.#every;
    return false;
  }

  #turned(): void {
    this.#beganAt = undefined;
    const held = this.#held;
    this.#held = [];
    for (let at = 0; at < held.length; at += 2) (held[at] as (value: unknown) => void)(held[at + 1]);
  }
}
