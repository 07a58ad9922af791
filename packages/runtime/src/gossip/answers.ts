import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { Ticker } from "./ticker.ts";

export interface AnswersOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Everything of one scope, to those that asked for it. */
  answer(askers: Iterable<string>, scope: string): void;
}

/**
 * Answers at once; in a storm of questions, after ten of them, it gathers who has asked for what, so that the storm costs no
 * more than ten answers a second of each scope. Whoever starts waits for an answer to learn who holds its address.
 */
export class Answers {
  readonly #options: AnswersOptions;
  readonly #ticker: Ticker;
  #askers = new Map<string, Set<string>>();

  constructor(options: AnswersOptions) {
    this.#options = options;
    this.#ticker = new Ticker({ ...options, intervalMs: Number.POSITIVE_INFINITY, tick: () => this.#tick() });
  }

  add(asker: string, scope: string): void {
    const askers = this.#askers.get(scope);
    if (askers) askers.add(asker);
    else this.#askers.set(scope, new Set([asker]));
    this.#ticker.tickNow();
  }

  stop(): void {
    this.#ticker.stop();
    this.#askers.clear();
  }

  #tick(): void {
    const gathered = this.#askers;
    this.#askers = new Map();
    for (const [scope, askers] of gathered) this.#options.answer(askers, scope);
  }
}
