import type { CastPlace } from "./cast-sender.ts";
import type { CastRow } from "./cast-store.ts";

/** Casts that are not looked at, by where they go: what an attempt or its caller says, else `""` for anybody. */
export interface HeldTarget {
  readonly manager: string;
  readonly target: string;
}

interface Held extends HeldTarget {
  /** That has as many under way as it may have. */
  readonly full: string;
}

type Addressed = Pick<CastRow, "manager" | "address">;

/**
 * An address has so many casts under way and no more, however much room there is: what hangs there takes no room from others. What
 * goes to a full one is held, so that nobody reads it again and again, until one there has ended. What may go to others as well
 * is looked at again when any cast to its manager ends, and every second: another member may be found for it.
 */
export class FullAddresses {
  readonly #most: number;
  readonly #held = new Map<string, Held>();

  constructor(most: number) {
    this.#most = most;
  }

  /** What is not looked at. */
  get held(): readonly HeldTarget[] {
    return [...this.#held.values()];
  }

  /** Whether one more may go there, for those that one turn begins beside what is under way. */
  admission(underWay: Iterable<Addressed>): (row: CastRow, place: CastPlace) => boolean {
    const counts = countsOf(underWay);
    return (row, { address }) => {
      const { manager } = row;
      const name = nameOf(manager, address);
      const count = counts.get(name) ?? 0;
      if (count < this.#most) {
        counts.set(name, count + 1);
        return true;
      }
      const target = row.address ?? row.at ?? "";
      this.#held.set(nameOf(manager, target), { manager, target, full: address });
      return false;
    };
  }

  /** Releases what waits for an address that has room, as it has after a turn that did not begin what it was to begin. */
  review(underWay: Iterable<Addressed>): boolean {
    if (this.#held.size === 0) return false;
    const counts = countsOf(underWay);
    return this.#release(({ manager, full }) => (counts.get(nameOf(manager, full)) ?? 0) < this.#most);
  }

  /** Whether something is held that may go to others as well. */
  get roams(): boolean {
    return [...this.#held.values()].some(roams);
  }

  /** Releases what may go to others as well. */
  retry(): void {
    this.#release(roams);
  }

  /** One has ended. Whether something is to be looked at again. */
  ended({ manager }: Addressed, underWay: Iterable<Addressed>): boolean {
    const elsewhere = this.#release((held) => held.manager === manager && roams(held));
    return this.review(underWay) || elsewhere;
  }

  #release(which: (held: Held) => boolean): boolean {
    const { size } = this.#held;
    for (const [name, held] of this.#held) if (which(held)) this.#held.delete(name);
    return this.#held.size < size;
  }
}

function roams({ target, full }: Held): boolean {
  return target !== full;
}

function countsOf(rows: Iterable<Addressed>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { manager, address } of rows) {
    const name = nameOf(manager, address!);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function nameOf(manager: string, target: string): string {
  return JSON.stringify([manager, target]);
}
