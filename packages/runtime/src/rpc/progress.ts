import type { ProgressStream } from "@reeve/contract";

/** Where a running stream puts its progress. */
export interface ProgressSink {
  /** Resolves at once, or when the reader has made room. Resolves too when the reader has gone. */
  push(value: unknown): Promise<void> | undefined;
  end(): void;
  fail(error: unknown): void;
}

/** Steps that a reader may lag behind. */
const window = 16;

/**
 * Carries progress from the producer to at most one reader. With a reader the producer waits for room, so a slow reader
 * cannot fill memory; until one comes only the latest steps are kept, so that nobody has to read to get the result.
 */
export class ProgressBuffer implements ProgressSink {
  readonly #steps: unknown[] = [];
  readonly #onLeave: () => void;
  #attached = false;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** @param onLeave the reader has left before the end */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  push(value: unknown): Promise<void> | undefined {
    if (this.#ended) return undefined;
    if (!this.#attached && this.#steps.length >= window) this.#steps.shift();
    this.#steps.push(value);
    this.#wakeReader?.();
    if (!this.#attached || this.#steps.length < window) return undefined;
    return new Promise((resolve) => {
      this.#wakeWriter = resolve;
    });
  }

  end(): void {
    this.#ended = true;
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    this.#failure = { error };
    this.end();
  }

  /** The reader's side. */
  stream<P, R>(result: Promise<R>): ProgressStream<P, R> {
    // Whoever only iterates learns of a failure there; without this it would count as unhandled as well.
    result.catch(() => undefined);
    return { result, [Symbol.asyncIterator]: () => this.#read() as AsyncGenerator<P> };
  }

  async *#read(): AsyncGenerator<unknown, void> {
    this.#attached = true;
    try {
      for (;;) {
        while (this.#steps.length > 0) {
          const step = this.#steps.shift();
          this.#wakeWriter?.();
          yield step;
        }
        if (this.#failure) throw this.#failure.error;
        if (this.#ended) return;
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
      }
    } finally {
      this.#attached = false;
      this.#wakeWriter?.();
      if (!this.#ended) this.#onLeave();
    }
  }
}
