import type { Counts, Sack } from "./granary.ts";

/** What the program had told somebody, when it did: the answer of a change, or what a reader was shown. */
export type Mark =
  | { readonly told: "acknowledged" | "shown"; readonly sack: Sack }
  | { readonly told: "acknowledged"; readonly taken: string }
  | { readonly told: "acknowledged" | "shown"; readonly counts: Counts };

type Told = Mark["told"];

/** What must outlive a loss of power, by who was told. */
export class Promises {
  readonly sacks = new Map<string, { readonly told: Told; readonly least: Sack }>();
  readonly taken = new Set<string>();
  readonly counts: { -readonly [what in keyof Counts]: { least: number; told: Told } } = {
    begun: { least: 0, told: "shown" },
    stored: { least: 0, told: "shown" },
    taken: { least: 0, told: "shown" },
  };

  /** Whether it says more than was known. */
  add(mark: Mark): boolean {
    if ("taken" in mark) return this.taken.size !== this.taken.add(mark.taken).size;
    return "sack" in mark ? this.#addSack(mark) : this.#addCounts(mark);
  }

  #addSack({ told, sack }: Extract<Mark, { readonly sack: Sack }>): boolean {
    const known = this.sacks.get(sack.id)?.least;
    const stored = sack.stored || known?.stored === true;
    const revision = Math.max(sack.revision, known?.revision ?? 0);
    if (known && known.stored === stored && known.revision === revision) return false;
    this.sacks.set(sack.id, { told, least: { id: sack.id, stored, revision } });
    return true;
  }

  #addCounts({ told, counts }: Extract<Mark, { readonly counts: Counts }>): boolean {
    let more = false;
    for (const what of ["begun", "stored", "taken"] as const) {
      if (counts[what] <= this.counts[what].least) continue;
      this.counts[what] = { least: counts[what], told };
      more = true;
    }
    return more;
  }
}
