import { type ProgressStream, reeveError } from "@reeve/contract";

/** Where a running stream puts its progress. */
export interface ProgressSink {
  /** So many steps before the next one, or before the end, do not reach the reader. */
  missed(count: number): void;
  /** Resolves at once, or when the reader has made room. Resolves too when the reader has gone. */
  push(value: unknown): Promise<void> | undefined;
  end(): void;
  fail(error: unknown): void;
}

type Step = IteratorResult<unknown, undefined>;

/** A step, and how many just before it the reader does not get. */
interface Kept {
  readonly value: unknown;
  missed: number;
}

interface Waiter {
  resolve(step: Step): void;
  reject(error: unknown): void;
}

/** Steps that a reader may lag behind. */
const window = 16;

const done: Step = { done: true, value: undefined };

/**
 * Carries progress from the producer to at most one reader. With a reader the producer waits for room, so a slow reader
 * cannot fill memory; until one comes only the latest steps are kept, so that nobody has to read to get the result.
 */
export class ProgressBuffer implements ProgressSink {
  readonly #steps: Kept[] = [];
  readonly #waiters: Waiter[] = [];
  readonly #onLeave: () => void;
  #read = false;
  #ended = false;
  #left = false;
  #failure: { readonly error: unknown } | undefined;
  #roomMade: (() => void) | undefined;
  /** Since the last step that came. */
  #missed = 0;
  /** Just before the step that was read last. */
  #missedByReader = 0;

  /** @param onLeave the reader has left before the end */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  missed(count: number): void {
    this.#missed += count;
  }

  push(value: unknown): Promise<void> | undefined {
    if (this.#ended || this.#left) return undefined;
    const step: Kept = { value, missed: this.#missed };
    this.#missed = 0;
    const waiter = this.#waiters.shift();
    if (waiter) {
      waiter.resolve(this.#given(step));
      return undefined;
    }
    this.#steps.push(step);
    if (this.#steps.length < window) return undefined;
    if (!this.#read) {
      if (this.#steps.length > window) this.#forgetOldest();
      return undefined;
    }
    return new Promise((resolve) => {
      this.#roomMade = resolve;
    });
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#roomMade?.();
    for (const waiter of this.#waiters.splice(0)) this.#finish(waiter);
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    this.#failure = { error };
    this.end();
  }

  /**
   * The reader's side.
   *
   * @throws ReeveError `INVALID_OPTION` when it is iterated a second time
   */
  stream<P, R>(result: Promise<R>): ProgressStream<P, R> {
    const missed = () => this.#missedByReader;
    return {
      result,
      get missed() {
        return missed();
      },
      [Symbol.asyncIterator]: () => this.#iterator() as AsyncIterator<P>,
    };
  }

  #iterator(): AsyncIterator<unknown, undefined> {
    if (this.#read) throw reeveError("INVALID_OPTION", "a stream's progress can be read once; this is the second time");
    this.#read = true;
    return {
      next: () => this.#next(),
      return: async () => {
        this.#leave();
        return done;
      },
    };
  }

  async #next(): Promise<Step> {
    if (this.#left) return done;
    if (this.#steps.length > 0) {
      const step = this.#given(this.#steps.shift()!);
      this.#roomMade?.();
      return step;
    }
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      if (this.#ended) this.#finish(waiter);
      else this.#waiters.push(waiter);
    });
  }

  #given({ value, missed }: Kept): Step {
    this.#missedByReader = missed;
    return { done: false, value };
  }

  #forgetOldest(): void {
    const { missed } = this.#steps.shift()!;
    this.#steps[0]!.missed += missed + 1;
  }

  /** Tells the end: a failure once, then only that it is over. */
  #finish(waiter: Waiter): void {
    const failure = this.#failure;
    this.#failure = undefined;
    this.#missedByReader = this.#missed;
    if (failure) waiter.reject(failure.error);
    else waiter.resolve(done);
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#steps.length = 0;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(done);
    this.#roomMade?.();
    if (!this.#ended) this.#onLeave();
  }
}
