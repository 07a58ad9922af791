import { reeveError } from "@reeve/contract";

/** Hooks of the manager that have not returned. Told to end, one may still go on for a while. */
export class EffectsInFlight {
  readonly #running = new Set<Promise<unknown>>();
  /** Of those that never run beside themselves; most managers never have one. */
  #alone: Set<string> | undefined;

  during<R>(effect: Promise<R>): Promise<R> {
    const forget = () => void this.#running.delete(effect);
    this.#running.add(effect);
    effect.then(forget, forget);
    return effect;
  }

  /** As `during`; one that was abandoned is not joined by another. @throws ReeveError `BUSY` when the last one still runs */
  async alone(name: string, effect: () => Promise<void>): Promise<void> {
    this.#alone ??= new Set();
    const alone = this.#alone;
    if (alone.has(name)) throw reeveError("BUSY", `the last ${name} has not returned`, { data: { resource: name } });
    alone.add(name);
    await this.during(effect().finally(() => alone.delete(name)));
  }

  /** What has not returned by now is not waited for any more. */
  leave(): void {
    this.#running.clear();
  }

  /** Resolves when those that run now have returned, with or without success. */
  async returned(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** Resolves when every one has returned, with or without success. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
