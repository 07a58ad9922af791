import type { ReeveError } from "@reeve/contract";
import type { Clock } from "../../../base/clock.ts";

/** What became of the calls of one operation that other processes have made to one incarnation. */
export class OperationTally {
  readonly #clock: Clock;
  #requests = 0;
  #errors = 0;
  #lastError: ReeveError | undefined;
  #processingMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those that have been answered, or that their callers gave up. */
  get requests(): number {
    return this.#requests;
  }

  get errors(): number {
    return this.#errors;
  }

  /** Its reason and message; empty when there was none. */
  get lastError(): string {
    return this.#lastError ? `${this.#lastError.reason}: ${this.#lastError.message}` : "";
  }

  /** From arrival to answer, of all together. */
  get processingMs(): number {
    return this.#processingMs;
  }

  ended(receivedAt: number, error?: ReeveError): void {
    this.#requests++;
    this.#processingMs += this.#clock.now() - receivedAt;
    if (!error) return;
    this.#errors++;
    this.#lastError = error;
  }
}
