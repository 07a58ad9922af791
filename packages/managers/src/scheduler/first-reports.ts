import type { Clock } from "@reeve/runtime";
import type { PendingPlacements } from "./pending-placements.ts";

export interface FirstReportsOptions {
  readonly clock: Clock;
  readonly pending: PendingPlacements;
  /** How long after a manager's first report its others are awaited, so that not everything goes to whoever is first. */
  readonly gatherMs: number;
  /** Asks for reports. */
  readonly ask: () => void;
}

/** Until when reports of a manager are awaited. */
export interface ReportDeadlines {
  /** Of one whose hosts were known before. */
  readonly knownUntil: number;
  /** Of one that was never heard of. */
  readonly unknownUntil: number;
}

/** Managers whose hosts have all gone and that are remembered: names come from reports. */
const remembered = 1_024;

/** Keeps placements waiting until there is something to choose from. */
export class FirstReports {
  readonly #options: FirstReportsOptions;
  /** Managers with hosts: whether their gathering is over. */
  readonly #heard = new Map<string, { settled: boolean }>();
  readonly #gone = new Set<string>();

  constructor(options: FirstReportsOptions) {
    this.#options = options;
  }

  /** A manager's host was reported. */
  reported(manager: string): void {
    if (this.#heard.has(manager)) return;
    const gathering = { settled: false };
    this.#heard.set(manager, gathering);
    this.#gone.delete(manager);
    const { clock, pending, gatherMs } = this.#options;
    clock.setTimeout(() => {
      gathering.settled = true;
      pending.notify(manager);
    }, gatherMs);
  }

  /** A manager's hosts have all gone: the next report is a first one again. */
  forget(manager: string): void {
    if (!this.#heard.delete(manager)) return;
    this.#gone.add(manager);
    const [oldest] = this.#gone;
    if (this.#gone.size > remembered && oldest !== undefined) this.#gone.delete(oldest);
  }

  /**
   * Resolves with true when this manager's hosts have been reported, with false when its deadline passes first.
   *
   * @throws the signal's reason when it aborts first; ReeveError `MAILBOX_FULL` when too many wait already
   */
  async heardOf(manager: string, signal: AbortSignal, { knownUntil, unknownUntil }: ReportDeadlines): Promise<boolean> {
    const { clock, pending, ask } = this.#options;
    const settled = () => this.#heard.get(manager)?.settled === true;
    if (settled()) return true;
    ask();
    const until = () => (this.#gone.has(manager) ? knownUntil : unknownUntil);
    await pending.until({
      manager,
      isOver: () => settled() || clock.now() >= until(),
      ...(until() === Number.POSITIVE_INFINITY ? {} : { nextLookMs: () => until() - clock.now() }),
      signal,
    });
    return settled();
  }
}
