import { type Outcome, ReeveError } from "@reeve/contract";

export type ResourceKind = "volume" | "snapshot" | "export";

/** What somebody outside of all processes may take for granted of one resource. */
export interface Belief {
  readonly kind: ResourceKind;
  /** An id, or the name of an exported file. */
  readonly id: string;
  readonly exists: "yes" | "no" | "unknown";
  /** The sizes that it may have. */
  readonly sizesGiB: readonly number[];
  readonly connected: "yes" | "no" | "unknown";
}

/** One call, and how it ended; a call without an end is still under way. */
export interface Entry {
  readonly key: string;
  readonly operation: string;
  readonly invokedAt: number;
  answeredAt?: number;
  ending?: "value" | Outcome | "foreign";
  reason?: string;
}

/** With which a call ends that did not run, and never will. */
export const unrun: ReadonlySet<Entry["ending"]> = new Set(["never-sent", "not-executed"]);

/** The log of a caller: every call that it made and every answer that it got, and what follows from these. */
export class Account {
  readonly entries: Entry[] = [];
  readonly #beliefs = new Map<string, Belief>();
  /** Keys under which was asked again, to learn what had become of them: that may have made it as well. */
  readonly askedAgain = new Set<string>();

  get beliefs(): readonly Belief[] {
    return [...this.#beliefs.values()];
  }

  get acknowledged(): number {
    return this.entries.filter(({ ending }) => ending === "value").length;
  }

  count(ending: Entry["ending"]): number {
    return this.entries.filter((entry) => entry.ending === ending).length;
  }

  /** Logs a call and its answer. Rejects as the call does. */
  async log<T>(operation: string, key: string, calling: () => Promise<T>): Promise<T> {
    const entry: Entry = { key, operation, invokedAt: performance.now() };
    this.entries.push(entry);
    try {
      const value = await calling();
      entry.ending = "value";
      return value;
    } catch (error) {
      entry.ending = error instanceof ReeveError ? error.outcome : "foreign";
      entry.reason = error instanceof ReeveError ? error.reason : String(error);
      throw error;
    } finally {
      entry.answeredAt = performance.now();
    }
  }

  /**
   * Makes a call that changes a resource. While it is under way, and where nobody knows how it ended, it may be either way. One that
   * was told not to have run has changed nothing. Rejects as the call does.
   */
  async change<T>(
    kind: ResourceKind,
    id: string,
    may: Partial<Pick<Belief, "exists" | "connected" | "sizesGiB">>,
    calling: () => Promise<T>,
  ): Promise<T> {
    const known = this.#beliefs.get(`${kind} ${id}`);
    const sizesGiB = [...(known?.sizesGiB ?? []), ...(may.sizesGiB ?? [])];
    this.#set({ connected: "no", exists: "yes", ...known, ...may, kind, id, sizesGiB });
    try {
      return await calling();
    } catch (error) {
      if (known && error instanceof ReeveError && unrun.has(error.outcome)) this.#set(known);
      throw error;
    }
  }

  /** Its caller was told that it was made. Told again, under its key, when it may have been changed: what is known by then stands. */
  made(kind: ResourceKind, id: string, is: { readonly sizeGiB?: number } = {}): void {
    if (!this.#beliefs.has(`${kind} ${id}`)) this.believe(kind, id, is);
  }

  /** A change of it was acknowledged. */
  believe(
    kind: ResourceKind,
    id: string,
    is: Partial<Pick<Belief, "exists" | "connected">> & { readonly sizeGiB?: number },
  ): void {
    const known = this.#beliefs.get(`${kind} ${id}`);
    const { sizeGiB, ...rest } = is;
    const sizesGiB = sizeGiB === undefined ? (known?.sizesGiB ?? []) : [sizeGiB];
    this.#set({ exists: "yes", connected: "no", ...known, ...rest, kind, id, sizesGiB });
  }

  #set(belief: Belief): void {
    this.#beliefs.set(`${belief.kind} ${belief.id}`, belief);
  }
}
