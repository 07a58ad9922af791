import type { Clock, Timer } from "../base/clock.ts";

/** What is shown of something that may be read asynchronously. */
export type Answer<T> = { readonly value: T } | { readonly error: unknown } | "waiting";

/** A reading that takes longer is shown as one that hangs. */
const timeoutMs = 2_000;
/** A reading that takes long, for the event loop or for a database, is made the less often: it has a twentieth of the time. */
const restShare = 20;
const longestRestMs = 10_000;

/**
 * Reads what may answer later, for watchers that never wait: an answer that is there at once is shown, one that comes later
 * is shown from the next look on, and what hangs says so after 2 s. Never two readings at a time, so what hangs costs one; and
 * looks begin none for twenty times as long as the last one took, up to 10 s.
 *
 * | the reading | shown |
 * |---|---|
 * | answers or throws at once | that |
 * | runs, for less than 2 s | what the last one came to; `waiting` before the first |
 * | runs for longer | an error that says so |
 * | has come to its end | what it came to, and the next one begins when that one has rested |
 */
export class LastAnswer<T> {
  readonly #clock: Clock;
  #last: Answer<T> = "waiting";
  /** When the reading that runs began. */
  #since: number | undefined;
  /** Before that, a look begins none. */
  #restsUntil = Number.NEGATIVE_INFINITY;
  #ended: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  look(read: () => T | Promise<T>): Answer<T> {
    if (this.#since === undefined && this.#clock.now() >= this.#restsUntil) this.#begin(read);
    return this.#shown();
  }

  /** For whoever asks once: waits for the reading that runs, or for one of its own, up to those 2 s. */
  async answer(read: () => T | Promise<T>): Promise<Answer<T>> {
    if (this.#since === undefined) this.#begin(read);
    const now = this.#shown();
    if (this.#since === undefined) return now;
    const leftMs = this.#since + timeoutMs - this.#clock.now();
    if (leftMs <= 0) return now;
    let timer: Timer;
    const late = new Promise<void>((resolve) => {
      timer = this.#clock.setTimeout(resolve, leftMs);
    });
    await Promise.race([this.#ended, late]).finally(() => this.#clock.clearTimeout(timer));
    return this.#shown();
  }

  #shown(): Answer<T> {
    if (this.#since === undefined) return this.#last;
    const ms = this.#clock.now() - this.#since;
    return ms < timeoutMs ? this.#last : { error: new Error(`no answer for ${Math.round(ms / 1_000)} s`) };
  }

  #begin(read: () => T | Promise<T>): void {
    const began = this.#clock.now();
    try {
      const answer = read();
      if (answer instanceof Promise) return this.#await(answer, began);
      this.#end({ value: answer }, began);
    } catch (error) {
      this.#end({ error }, began);
    }
  }

  #end(last: Answer<T>, began: number): void {
    this.#last = last;
    this.#since = undefined;
    const now = this.#clock.now();
    this.#restsUntil = now + Math.min((now - began) * restShare, longestRestMs);
  }

  #await(answer: Promise<T>, began: number): void {
    this.#since = began;
    const end = (last: Answer<T>) => this.#end(last, began);
    this.#ended = answer.then(
      (value) => end({ value }),
      (error: unknown) => end({ error }),
    );
  }
}
