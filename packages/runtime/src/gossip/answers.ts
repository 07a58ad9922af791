import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { Ticker } from "./ticker.ts";

export interface AnswersOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Everything of one scope, to those that asked for it. */
  answer(askers: Iterable<string>, scope: string): void;
}

/** Gathers who has asked for what, so that a storm of questions costs no more than ten answers a second of each scope. */
export class Answers {
  readonly #options: AnswersOptions;
  readonly #ticker: Ticker;
  #askers = new Map<string, Set<string>>();

  constructor(options: AnswersOptions) {
    this.#options = options;
    this.#ticker = new Ticker({ ...options, intervalMs: Number.POSITIVE_INFINITY, tick: () => this.#tick() });
  }

  soon(asker: string, scope: string): void {
    const askers = this.#askers.get(scope);
    if (askers) askers.add(asker);
    else this.#askers.set(scope, new Set([asker]));
    this.#ticker.trigger();
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
