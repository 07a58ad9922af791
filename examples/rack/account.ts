import { ReeveError } from "@reeve/contract";
import type { Volume } from "@reeve/managers/volume";

/** What callers asked for, by idempotency key, and how they were told that it ended. */
export interface Asked {
  readonly key: string;
  readonly volume?: Volume;
  /** `BUILD_FAILED, executed`, as the caller was told it. */
  readonly failure?: string;
  /** Whether something may be there nevertheless. */
  readonly open?: boolean;
}

/** The account of an outside observer: what was asked, and what was answered. */
export class Account {
  readonly #asked = new Map<string, Asked>();

  get asked(): readonly Asked[] {
    return [...this.#asked.values()];
  }

  of(key: string): Asked | undefined {
    return this.#asked.get(key);
  }

  /** Notes how a creation ends. Never rejects. */
  async note(key: string, creating: Promise<Volume>): Promise<Asked> {
    const ended = await endOf(key, creating);
    this.#asked.set(key, ended);
    return ended;
  }

  /** As {@link note}, of a creation that was asked for before; undefined while nobody can tell how it ended. */
  async answer(key: string, again: Promise<Volume>): Promise<Asked | undefined> {
    const ended = await endOf(key, again);
    if (ended.open) return undefined;
    if (ended.volume) this.#asked.set(key, ended);
    return ended;
  }

  /** The volumes that callers were told of. */
  get acknowledged(): readonly Volume[] {
    return this.asked.flatMap(({ volume }) => volume ?? []);
  }
}

function endOf(key: string, creating: Promise<Volume>): Promise<Asked> {
  return creating.then(
    (volume) => ({ key, volume }),
    (error: unknown) => ({ key, ...failureOf(error) }),
  );
}

function failureOf(error: unknown): Pick<Asked, "failure" | "open"> {
  if (!(error instanceof ReeveError)) return { failure: String(error), open: true };
  const { reason, outcome, retryable } = error;
  return { failure: `${reason}, ${outcome}`, open: retryable || outcome === "maybe-executed" };
}
