import type { Choice } from "./choice.ts";
import type { Explanation } from "./explanation.ts";

interface Placement extends Omit<Explanation, "decidedMsAgo"> {
  readonly decidedAt: number;
}

/** The last placements and their reasons, newest last. */
export class PlacementLog {
  readonly #placements = new Map<string, Placement>();
  readonly #kept: number;

  /** @param kept how many are remembered */
  constructor(kept: number) {
    this.#kept = kept;
  }

  add(manager: string, request: string, choice: Choice, now: number): void {
    const { host, ...reasons } = choice;
    this.#placements.delete(request);
    this.#placements.set(request, {
      request,
      manager,
      address: host?.home ?? null,
      decidedAt: now,
      ...reasons,
      rejections: [...reasons.rejections],
      ranking: [...reasons.ranking],
    });
    const [oldest] = this.#placements.keys();
    if (this.#placements.size > this.#kept && oldest !== undefined) this.#placements.delete(oldest);
  }

  find(request: string, now: number): Explanation | undefined {
    const placement = this.#placements.get(request);
    return placement && explained(placement, now);
  }

  /** Newest first. */
  latest(count: number, now: number): Explanation[] {
    return [...this.#placements.values()]
      .slice(-count)
      .reverse()
      .map((placement) => explained(placement, now));
  }
}

function explained({ decidedAt, ...placement }: Placement, now: number): Explanation {
  return { ...placement, decidedMsAgo: now - decidedAt };
}
