import type { Estate } from "./estate.ts";
import { asked, make, operations, type Place } from "./operations.ts";

/** Of a caller whose call has failed. */
const pauseMs = 250;

/** Callers that go on until they are told to stop: creations under keys, and every other operation on what they have made. */
export class Load {
  readonly #estate: Estate;
  readonly #places: readonly Place[];
  readonly #random: () => number;
  readonly #name: string;
  readonly #workers: Promise<void>[];
  readonly #open: { readonly place: Place; readonly key: string }[] = [];
  readonly #placeOf = new Map<string, Place>();
  #stopping = false;
  #calls = 0;

  constructor(estate: Estate, places: readonly Place[], random: () => number, { name = "", workers = 6 } = {}) {
    this.#name = name;
    this.#estate = estate;
    this.#places = places;
    this.#random = random;
    this.#workers = Array.from({ length: workers }, (_, index) => this.#work(index));
  }

  get calls(): number {
    return this.#calls;
  }

  /** How many of the calls were acknowledged. */
  get done(): number {
    return this.#estate.account.acknowledged;
  }

  /** Makes no more calls. Resolves when the last ones have ended, and every key has been asked for again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#workers);
    const askers = Array.from({ length: this.#workers.length }, async () => {
      for (let next = this.#open.pop(); next; next = this.#open.pop()) await asked(next.place, next.key);
    });
    await Promise.all(askers);
    for (const key of await this.#estate.openKeys()) {
      const place = this.#placeOf.get(key);
      if (place) await asked(place, key);
    }
  }

  async #work(index: number): Promise<void> {
    for (let turn = 0; !this.#stopping; turn++) {
      const place = this.#pick(this.#places);
      const operation = this.#pick(operations);
      const key = `${this.#name}${operation.name}-${index}-${turn}`;
      const keyed = operation.name === "create" ? key : `${key}-source`;
      this.#placeOf.set(keyed, place);
      this.#calls += 1;
      try {
        if (operation.name === "create") await make(place, key);
        else await (await operation.prepare(place, key)).run();
      } catch {
        // The account has it. What was asked for under a key is asked for again in the end.
        const entry = this.#estate.account.entries.findLast((one) => one.key === keyed);
        if (entry?.operation === "create" && entry.ending !== "value") this.#open.push({ place, key: keyed });
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  #pick<T>(of: readonly T[]): T {
    return of[Math.floor(this.#random() * of.length)]!;
  }
}
