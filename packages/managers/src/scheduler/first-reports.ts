import type { Clock } from "@reeve/runtime";
import type { WaitingRoom } from "./waiting-room.ts";

export interface FirstReportsOptions {
  readonly clock: Clock;
  readonly room: WaitingRoom;
  /** How long after a manager's first report its others are awaited, so that not everything goes to whoever is first. */
  readonly gatherMs: number;
}

/** Keeps placements waiting until there is something to choose from. */
export class FirstReports {
  readonly #options: FirstReportsOptions;
  readonly #heard = new Set<string>();
  readonly #settled = new Set<string>();

  constructor(options: FirstReportsOptions) {
    this.#options = options;
  }

  /** A manager's host was reported. */
  reported(manager: string): void {
    if (this.#heard.has(manager)) return;
    this.#heard.add(manager);
    const { clock, room, gatherMs } = this.#options;
    clock.setTimeout(() => {
      this.#settled.add(manager);
      room.tell(manager);
    }, gatherMs);
  }

  /**
   * Resolves when this manager's hosts have been reported.
   *
   * @throws the signal's reason when it aborts first; ReeveError `MAILBOX_FULL` when too many wait already
   */
  heardOf(manager: string, signal: AbortSignal): Promise<void> {
    return this.#options.room.until({ manager, isOver: () => this.#settled.has(manager), signal });
  }
}
