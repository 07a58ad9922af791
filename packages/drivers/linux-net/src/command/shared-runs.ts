/** Something that waits for a run. */
interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly signal: AbortSignal;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** How a run ended for each item: settled, or to be run again with what comes next. */
export type Outcome<Answer> = { readonly answer: Answer } | { readonly error: unknown } | "again";

/**
 * One run at a time for all that was asked for meanwhile: the more callers, the fewer programs are started. A run begins after
 * each of its items was asked for, so a reading is never older than the question.
 *
 * A caller whose signal aborts ends the run that it takes part in, and the others take part in the next.
 */
export class SharedRuns<Item, Answer> {
  readonly #run: (items: readonly Item[], signal: AbortSignal) => Promise<readonly Outcome<Answer>[]>;
  readonly #most: number;
  #waiting: Waiting<Item, Answer>[] = [];
  #running = 0;

  /** @param most items in one run */
  constructor(run: (items: readonly Item[], signal: AbortSignal) => Promise<readonly Outcome<Answer>[]>, most: number) {
    this.#run = run;
    this.#most = most;
  }

  /** Items that wait or run. */
  get size(): number {
    return this.#waiting.length + this.#running;
  }

  /** Rejects with the signal's reason when that aborts, once the run that it took part in has ended. */
  ask(item: Item, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, signal, resolve, reject });
      if (this.#running === 0) void this.#next();
    });
  }

  async #next(): Promise<void> {
    while (this.#waiting.length > 0) {
      const taken = this.#waiting.splice(0, this.#most).filter(isWanted);
      if (taken.length === 0) continue;
      this.#running = taken.length;
      const outcomes = await this.#outcomes(taken);
      const again: Waiting<Item, Answer>[] = [];
      for (const [index, waiting] of taken.entries()) {
        const outcome = outcomes[index] ?? "again";
        if (outcome === "again") again.push(waiting);
        else if ("answer" in outcome) waiting.resolve(outcome.answer);
        else waiting.reject(outcome.error);
      }
      this.#waiting.unshift(...again);
    }
    this.#running = 0;
  }

  async #outcomes(taken: readonly Waiting<Item, Answer>[]): Promise<readonly Outcome<Answer>[]> {
    try {
      const signal = AbortSignal.any(taken.map((waiting) => waiting.signal));
      return await this.#run(
        taken.map(({ item }) => item),
        signal,
      );
    } catch (error) {
      return taken.map(() => ({ error }));
    }
  }
}

function isWanted<Item, Answer>({ signal, reject }: Waiting<Item, Answer>): boolean {
  if (signal.aborted) reject(signal.reason);
  return !signal.aborted;
}
