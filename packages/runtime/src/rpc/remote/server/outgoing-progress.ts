import type { ProgressSink } from "../../callee/progress.ts";
import { progressWindow } from "../../wire/limits.ts";

/** The producer's end of a remote stream: a handler waits here until its reader, far away, has made room. */
export class OutgoingProgress implements ProgressSink {
  readonly #send: (number: number, value: unknown, missed: number) => void;
  #next = 0;
  #missed = 0;
  #allowed = progressWindow;
  #released = false;
  #resume: (() => void) | undefined;

  /** @param send given how many steps just before this one the reader had no room for */
  constructor(send: (number: number, value: unknown, missed: number) => void) {
    this.#send = send;
  }

  /** Steps so far, those that the reader had no room for since the last one included: what comes before the answer. */
  get count(): number {
    return this.#next + this.#missed;
  }

  missed(count: number): void {
    this.#missed += count;
  }

  push(value: unknown): Promise<void> | undefined {
    if (this.#released) return undefined;
    const missed = this.#missed;
    this.#missed = 0;
    this.#send(this.#next++, value, missed);
    if (this.#next < this.#allowed) return undefined;
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** The reader has room for the steps below this number. */
  allow(upTo: number): void {
    // More than a window ahead of what was sent is nothing a reader of ours asks for.
    this.#allowed = Math.max(this.#allowed, Math.min(upTo, this.#next + progressWindow));
    if (this.#next < this.#allowed) this.#go();
  }

  /** The call is over: nobody waits for room any more. */
  release(): void {
    this.#released = true;
    this.#go();
  }

  end(): void {
    this.release();
  }

  fail(): void {
    this.release();
  }

  #go(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }
}
