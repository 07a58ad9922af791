import type { HeldActor } from "./held-actor.ts";

/** Actors that wait for nothing, and are kept in memory all the same. */
const mostIdle = 1_000;
/** How many of them are looked at for some to forget. */
const lookedAt = 100;

/** The actors that are in memory, by their keys: all that have something to do, and some of the others. */
export class HeldActors {
  readonly #actors = new Map<string, HeldActor>();
  readonly #isNeeded: (key: string) => boolean;

  /** @param isNeeded whether something of an idle one is not written yet */
  constructor(isNeeded: (key: string) => boolean) {
    this.#isNeeded = isNeeded;
  }

  get(key: string): HeldActor | undefined {
    return this.#actors.get(key);
  }

  /** One that is asked for. */
  use(key: string, make: () => HeldActor): HeldActor {
    const held = this.#actors.get(key);
    const actor = held ?? make();
    if (!held && this.#actors.size >= mostIdle) this.#evict();
    // The last to have been asked for are the last to go. As long as there is room, nobody goes.
    if (held && this.#actors.size > mostIdle / 2) this.#actors.delete(key);
    this.#actors.set(key, actor);
    return actor;
  }

  delete(key: string): void {
    this.#actors.delete(key);
  }

  /** Begins nothing by itself any more. Resolves when what is under way is written down. */
  async drained(): Promise<void> {
    for (const actor of this.#actors.values()) actor.stop();
    await Promise.all([...this.#actors.values()].map((actor) => actor.settled()));
  }

  clear(): void {
    for (const actor of this.#actors.values()) actor.stop();
    this.#actors.clear();
  }

  /** Some of those that were asked for the longest time ago. */
  #evict(): void {
    let looks = 0;
    for (const [key, actor] of this.#actors) {
      if (looks++ === lookedAt) return;
      this.#actors.delete(key);
      if (!actor.idle || this.#isNeeded(key)) this.#actors.set(key, actor);
      else actor.stop();
    }
  }
}
