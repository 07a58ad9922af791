/** A call into a driver that work made and that has not come to rest. */
export interface OpenCall {
  readonly driver: string;
  readonly method: string;
  /** When it entered the driver. */
  readonly since: Date;
}

/** Which work a call belongs to. */
export interface CallingJob {
  readonly id: string;
  readonly resource: string;
}

interface Entry {
  readonly calls: Set<OpenCall>;
  readonly waiting: (() => void)[];
}

/**
 * Calls into drivers that are under way, by the job that made them. One table for all incarnations of a process: what the last
 * one's driver still does is held against its successor too. A job with open calls is not recovered: whatever recovery found
 * and settled, such a call could undo afterwards.
 */
export class OpenCalls {
  readonly #jobs = new Map<string, Entry>();

  /** Notes a call as under way. Returns how to say that it is not any more: it returned, or its session was closed. Idempotent. */
  enter({ id }: CallingJob, call: OpenCall): () => void {
    const entry = this.#jobs.get(id) ?? { calls: new Set(), waiting: [] };
    this.#jobs.set(id, entry);
    entry.calls.add(call);
    return () => {
      if (!entry.calls.delete(call) || entry.calls.size > 0 || this.#jobs.get(id) !== entry) return;
      this.#release(id, entry);
    };
  }

  /** The job's call that is under way longest; undefined when all have come to rest. */
  longestOf(id: string): OpenCall | undefined {
    const [longest] = this.#jobs.get(id)?.calls ?? [];
    return longest;
  }

  /** Calls back once, when the job's last call has come to rest or was abandoned. Only for a job with open calls. */
  onReleased(id: string, callback: () => void): void {
    this.#jobs.get(id)!.waiting.push(callback);
  }

  /** Waits for the job's calls no longer, whatever they still do. Returns them. */
  abandon(id: string): readonly OpenCall[] {
    const entry = this.#jobs.get(id);
    if (!entry) return [];
    const calls = [...entry.calls];
    entry.calls.clear();
    this.#release(id, entry);
    return calls;
  }

  #release(id: string, { waiting }: Entry): void {
    this.#jobs.delete(id);
    for (const callback of waiting) callback();
  }
}
