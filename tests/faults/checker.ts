import { type Outcome, ReeveError } from "@reeve/contract";

/** How a call ended for its caller; `foreign` is an error that says nothing of its outcome. */
export type Ending = "value" | "foreign" | Outcome;

/** How often a key may have run, after what its caller was told. */
const allowed: Readonly<Record<Ending, readonly [least: number, most: number]>> = {
  value: [1, 1],
  executed: [1, 1],
  "maybe-executed": [0, 1],
  "not-executed": [0, 0],
  "never-sent": [0, 0],
  foreign: [1, 0],
};

export interface Verdict {
  /** Keys whose caller was told something else than what happened, and those that nobody called. */
  readonly unexplained: readonly string[];
  /** Keys that ran more than once. */
  readonly duplicates: readonly string[];
}

/** What callers were told, by key. */
export class Testimony {
  readonly endings = new Map<string, Ending>();
  readonly #called = new Set<string>();

  /** Notes how the call ends; resolves with that, whatever it is. */
  async of(key: string, answer: Promise<unknown>): Promise<Ending> {
    this.#called.add(key);
    const ending = await answer.then(
      () => "value" as const,
      (error: unknown) => (error instanceof ReeveError ? error.outcome : "foreign"),
    );
    this.endings.set(key, ending);
    return ending;
  }

  count(ending: Ending): number {
    return [...this.endings.values()].filter((one) => one === ending).length;
  }

  /** Compares with what the server wrote down. A call without an end is unexplained. */
  compare(runs: ReadonlyMap<string, number>): Verdict {
    const unexplained = [...runs.keys()].filter((key) => !this.#called.has(key));
    for (const key of this.#called) {
      const ending = this.endings.get(key);
      const times = runs.get(key) ?? 0;
      const [least, most] = ending === undefined ? [1, 0] : allowed[ending];
      if (times < least || times > most) unexplained.push(key);
    }
    return { unexplained, duplicates: [...runs].filter(([, times]) => times > 1).map(([key]) => key) };
  }
}
