import type { ProgressSink } from "../progress.ts";
import { progressWindow } from "../wire/limits.ts";

/** The producer's end of a remote stream: a handler waits here until its reader, far away, has made room. */
export class OutgoingProgress implements ProgressSink {
  readonly #send: (number: number, value: unknown) => void;
  #next = 0;
  #allowed = progressWindow;
  #released = false;
  #resume: (() => void) | undefined;

  constructor(send: (number: number, value: unknown) => void) {
    this.#send = send;
  }

  push(value: unknown): Promise<void> | undefined {
    if (this.#released) return undefined;
    this.#send(this.#next++, value);
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
