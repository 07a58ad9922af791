import { reeveError } from "@reeve/contract";

const defaultLimit = 10_000;
/** Refusals without a count: whoever is full and goes on must not have rows counted each time. */
const countedEvery = 64;
/** Beyond, everybody is counted anew. */
const mostCasters = 1_024;

/**
 * How many keys of casts are kept for one that delivers them: only its acknowledgements make room. Rows are counted when half
 * of what was left at the last count is used up, so that a call seldom pays for it. What runs when the bound is reached may
 * exceed it; where several members share a store, each of them counts for itself.
 */
export class CastRoom {
  readonly #countOf: (caster: string) => Promise<number>;
  readonly #limit: number;
  /** Casts that may begin before rows are counted again; below 0, so many that are refused before that. */
  readonly #left = new Map<string, number>();

  constructor(countOf: (caster: string) => Promise<number>, limit: number = defaultLimit) {
    this.#countOf = countOf;
    this.#limit = limit;
  }

  /** @throws ReeveError `CASTS_FULL` */
  async require(caster: string): Promise<void> {
    const left = this.#left.get(caster) ?? 0;
    if (left > 0) return void this.#left.set(caster, left - 1);
    if (left < 0) {
      this.#left.set(caster, left + 1);
      throw full(caster, this.#limit);
    }
    const kept = await this.#countOf(caster);
    if (kept >= this.#limit) {
      this.#left.set(caster, 1 - countedEvery);
      throw full(caster, kept);
    }
    if (this.#left.size >= mostCasters) this.#left.clear();
    this.#left.set(caster, Math.ceil((this.#limit - kept) / 2) - 1);
  }

  /** Some of its keys have gone. */
  released(caster: string): void {
    if ((this.#left.get(caster) ?? 0) < 0) this.#left.delete(caster);
  }
}

function full(caster: string, kept: number): Error {
  return reeveError(
    "CASTS_FULL",
    `${kept} keys of durable casts are kept for "${caster}", as many as may be: it has acknowledged none of them`,
    { data: { kept } },
  );
}
