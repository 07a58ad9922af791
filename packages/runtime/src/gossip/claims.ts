import type { SenderView } from "./sender-view.ts";

interface Held {
  caller: string;
  /** How many of its processes say so. */
  count: number;
  /** The one that said so last. */
  latest: SenderView;
  /** Whether another token was refused it. */
  contested: string | undefined;
}

/**
 * Who may speak of a thing: the caller token that was first to, until none of its processes does any more, or all have been
 * silent for too long. Tokens are what the broker enforces; within one, it is for others to decide. Constant time.
 */
export class Claims {
  readonly #held = new Map<string, Held>();
  readonly #lapsesMs: number;

  /** @param lapsesMs a holder that was silent for longer is overruled; default: never */
  constructor(lapsesMs = Number.POSITIVE_INFINITY) {
    this.#lapsesMs = lapsesMs;
  }

  get size(): number {
    return this.#held.size;
  }

  /** The token that speaks of it. */
  holder(key: string): string | undefined {
    return this.#held.get(key)?.caller;
  }

  /** Whether a process may speak of it. */
  admits(key: string, view: SenderView, now: number): boolean {
    const held = this.#held.get(key);
    if (!held || held.caller === view.caller) return true;
    if (now - held.latest.heardAt > this.#lapsesMs) {
      this.#held.delete(key);
      return true;
    }
    held.contested = view.id;
    return false;
  }

  /** A process speaks of it. @param anew it did not before */
  hold(key: string, view: SenderView, anew: boolean): void {
    const held = this.#held.get(key);
    if (!held) {
      this.#held.set(key, { caller: view.caller, count: 1, latest: view, contested: undefined });
      return;
    }
    if (anew) held.count += 1;
    held.latest = view;
  }

  /** A process speaks of it no more. Gives the sender that was refused it last, once it is free. */
  release(key: string, { caller }: SenderView): string | undefined {
    const held = this.#held.get(key);
    if (held?.caller !== caller) return undefined;
    held.count -= 1;
    if (held.count > 0) return undefined;
    this.#held.delete(key);
    return held.contested;
  }
}
