import type { Clock, Timer } from "../base/clock.ts";

/** What is shown of something that may be read asynchronously. */
export type Answer<T> = { readonly value: T } | { readonly error: unknown } | "waiting";

/** A reading that takes longer is shown as one that hangs. */
const timeoutMs = 2_000;

/**
 * Reads what may answer later, for watchers that never wait: an answer that is there at once is shown, one that comes later
 * is shown from the next look on, and what hangs says so after 2 s. Never two readings at a time, so what hangs costs one.
 *
 * | the reading | shown |
 * |---|---|
 * | answers or throws at once | that |
 * | runs, for less than 2 s | what the last one came to; `waiting` before the first |
 * | runs for longer | an error that says so |
 * | has come to its end | what it came to, and the next one begins |
 */
export class LastAnswer<T> {
  readonly #clock: Clock;
  #last: Answer<T> = "waiting";
  /** When the reading that runs began. */
  #since: number | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  look(read: () => T | Promise<T>): Answer<T> {
    if (this.#since === undefined) this.#begin(read);
    if (this.#since === undefined) return this.#last;
    const ms = this.#clock.now() - this.#since;
    return ms < timeoutMs ? this.#last : { error: new Error(`no answer for ${Math.round(ms / 1_000)} s`) };
  }

  /** For whoever asks once: waits for the reading that runs, up to those 2 s. */
  async answer(read: () => T | Promise<T>): Promise<Answer<T>> {
    const now = this.look(read);
    if (this.#since === undefined) return now;
    const leftMs = this.#since + timeoutMs - this.#clock.now();
    if (leftMs <= 0) return now;
    let timer: Timer;
    const late = new Promise<void>((resolve) => {
      timer = this.#clock.setTimeout(resolve, leftMs);
    });
    await Promise.race([this.#ended, late]).finally(() => this.#clock.clearTimeout(timer));
    return this.#since === undefined ? this.#last : this.look(read);
  }

  #begin(read: () => T | Promise<T>): void {
    try {
      const answer = read();
      if (answer instanceof Promise) this.#await(answer);
      else this.#last = { value: answer };
    } catch (error) {
      this.#last = { error };
    }
  }

  #await(answer: Promise<T>): void {
    this.#since = this.#clock.now();
    const end = (last: Answer<T>) => {
      this.#last = last;
      this.#since = undefined;
    };
    this.#ended = answer.then(
      (value) => end({ value }),
      (error: unknown) => end({ error }),
    );
  }
}
