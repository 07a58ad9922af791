import type { InspectedTransition } from "./frame.ts";

/** Remembers the last steps of an actor, so that who comes late still sees what went wrong. */
export class TransitionLog {
  readonly #steps: InspectedTransition[] = [];
  readonly #limit: number;

  /** @param limit how many steps are kept. Default 32. */
  constructor(limit = 32) {
    this.#limit = limit;
  }

  /** What changes nothing that can be seen is passed over. */
  add(step: InspectedTransition): void {
    if (!leadsElsewhere(step, this.#steps.at(-1))) return;
    this.#steps.push(step);
    if (this.#steps.length > this.#limit) this.#steps.shift();
  }

  /** Oldest first; a copy. */
  steps(): readonly InspectedTransition[] {
    return [...this.#steps];
  }
}

/** A transition that changes nothing visible is not a step. */
export function leadsElsewhere(step: InspectedTransition, before: InspectedTransition | undefined): boolean {
  if (!before || step.epoch !== before.epoch || step.failure !== before.failure) return true;
  return JSON.stringify([step.value, step.causes]) !== JSON.stringify([before.value, before.causes]);
}
