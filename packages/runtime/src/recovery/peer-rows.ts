import { ReeveError } from "@reeve/contract";
import { backoff } from "../base/backoff.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { type OpenStore, type StoreDefinition, sessionOf, type Transaction } from "../store/index.ts";
import type { JournalRows } from "./journal-rows.ts";
import type { WorkRow } from "./work-store.ts";

interface PeerRowsOptions<D extends StoreDefinition> {
  readonly opened: OpenStore<D>;
  readonly rows: JournalRows;
  readonly clock: Clock;
  readonly random: Random;
}

/** The rows that dead members have left, as one incarnation takes them. */
export class PeerRows<D extends StoreDefinition> {
  readonly #options: PeerRowsOptions<D>;
  readonly #pauseMs: (attempt: number) => number;
  readonly #pauses = new Map<Timer, () => void>();
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: PeerRowsOptions<D>) {
    this.#options = options;
    this.#pauseMs = backoff({ initialMs: 1_000, maxMs: 30_000 }, options.random);
  }

  /**
   * Takes rows of these kinds, as many as one commit is to hold. Where nobody knows whether that was committed, they are asked for
   * again until it is known: what is held by this incarnation is looked for by no other member. One at a time, so that a row is
   * given out once. None once it is closed: what it would take is sooner done by another member.
   */
  take(address: string, before: number, kinds: readonly string[]): Promise<readonly WorkRow[]> {
    const taken = this.#turn.then(() => this.#take(address, before, kinds));
    this.#turn = taken.catch(() => undefined);
    return taken;
  }

  /** Asks no more: the next incarnation, or another member, finds what is left. */
  close(): void {
    this.#closed = true;
    for (const [timer, goOn] of this.#pauses) {
      this.#options.clock.clearTimeout(timer);
      goOn();
    }
  }

  async #take(address: string, before: number, kinds: readonly string[]): Promise<readonly WorkRow[]> {
    const { rows } = this.#options;
    if (this.#closed) return [];
    let asked: readonly WorkRow[] = [];
    try {
      return await this.#commit(async (tx) => {
        const session = sessionOf(tx, this.#options.opened);
        asked = await rows.leftAtOnce(session, address, before, kinds);
        return rows.takeFrom(session, asked);
      });
    } catch (error) {
      if (asked.length === 0 || !isOutcomeUnknown(error)) throw error;
      return this.#takeAgain(asked, error);
    }
  }

  async #takeAgain(asked: readonly WorkRow[], error: unknown): Promise<readonly WorkRow[]> {
    const { rows, opened } = this.#options;
    for (let attempt = 0; ; attempt++) {
      await this.#pause(this.#pauseMs(attempt));
      if (this.#closed) throw error;
      try {
        return await this.#commit((tx) => rows.takeAgain(sessionOf(tx, opened), asked));
      } catch (again) {
        if (again instanceof ReeveError && again.reason === "FENCED") throw again;
      }
    }
  }

  #commit<R>(body: (tx: Transaction<D>) => Promise<R>): Promise<R> {
    return this.#options.opened.store.transaction(body);
  }

  #pause(ms: number): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      if (this.#closed) return resolve();
      const timer = clock.setTimeout(() => {
        this.#pauses.delete(timer);
        resolve();
      }, ms);
      this.#pauses.set(timer, resolve);
    });
  }
}

/** Whether what was to be committed may have been. */
function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof ReeveError && error.outcome === "maybe-executed";
}
