import { AsyncLocalStorage } from "node:async_hooks";
import { isReason } from "@reeve/contract";
import type { Clock } from "@reeve/runtime";
import type { LedgerChanges, LedgerTurn, ReservationLedger } from "./ledger.ts";
import type { Reservation } from "./reservation.ts";
import type { ReservationIndex } from "./reservation-index.ts";

/** A turn takes in what waits for so long; then it commits, the event loop turns, and the rest is the next turn's. */
const turnMs = 5;
/** At most so many decisions are one commit. */
const mostDecisions = 512;
/**
 * So many turns in a row may wait for the ledger as long as a transaction may last: a scheduler that stands still in its turn
 * holds it until the database cuts that, and what waits meanwhile has not been decided.
 */
const mostLate = 5;
/** How long a removal's row stays: every scheduler looks at the ledger more often. */
const toldMs = 60_000;

/** What a decision may do. The index is the ledger as it is, with what was decided before in the same turn. */
export interface Draft {
  /** When the turn began to decide, on the scheduler's clock: the same for all of it. */
  readonly now: number;
  /** Replaces what the request had. */
  put(reservation: Omit<Reservation, "revision">): Reservation;
  /** False when there is none. */
  remove(request: string): boolean;
}

/** Decides at once: nothing else happens meanwhile. What it throws is its own failure, and it must have changed nothing then. */
export type Decision<R> = (draft: Draft) => R;

type Settle = () => void;

interface Waiting {
  /** Decides, and returns what tells its caller once that is committed. */
  readonly decide: (draft: Draft) => Settle;
  readonly fail: (error: unknown) => void;
}

export interface TurnsOptions {
  readonly clock: Pick<Clock, "now" | "wallNow">;
  readonly ledger: Pick<ReservationLedger, "exclusively">;
  readonly index: ReservationIndex;
}

/**
 * One scheduler's turns of the ledger. What waits is decided together, in the order in which it came, in one transaction, and
 * later decisions see the earlier ones. A turn that fails fails all of its decisions; what waits behind it has another turn.
 */
export class Turns {
  readonly #options: TurnsOptions;
  #waiting: Waiting[] = [];
  #running = false;
  /** Turns in a row that have waited too long. */
  #late = 0;
  /** A turn is nobody's call: no caller's end must stop what is decided for others. */
  readonly #outside = AsyncLocalStorage.snapshot();

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /**
   * Resolves with what was decided when that is committed.
   *
   * @throws what the decision throws; what the store throws, when the turn is not, or perhaps not, committed
   */
  decide<R>(decision: Decision<R>): Promise<R> {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    const decide = (draft: Draft): Settle => {
      try {
        const decided = decision(draft);
        return () => resolve(decided);
      } catch (error) {
        return () => reject(error);
      }
    };
    this.#waiting.push({ decide, fail: reject });
    if (!this.#running) void this.#outside(() => this.#run());
    return promise;
  }

  async #run(): Promise<void> {
    this.#running = true;
    // Those that are asked for in this moment come along.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#turn();
    this.#running = false;
  }

  async #turn(): Promise<void> {
    const { ledger, index } = this.#options;
    const batch = new Batch();
    try {
      const revision = await ledger.exclusively((turn) => this.#decideAll(turn, batch));
      index.committed(revision);
      for (const settle of batch.settles) settle();
      this.#late = 0;
    } catch (error) {
      index.doubt();
      if (batch.size === 0 && isReason(error, "TRANSACTION_TIMEOUT") && ++this.#late < mostLate) return;
      this.#late = 0;
      // A store that does not let a turn begin fails what waits for one.
      for (const { fail } of batch.size > 0 ? batch.taken : this.#waiting.splice(0)) fail(error);
    }
  }

  /** Returns the revision of what it wrote. It may be run again: what it took the first time is decided anew. */
  async #decideAll(turn: LedgerTurn, batch: Batch): Promise<number> {
    const { clock, index } = this.#options;
    if (batch.size > 0) index.doubt();
    index.catchUp(await turn.changedSince(index.revision), clock.now());
    const draft = new TurnDraft(turn.revision, index, clock.now());
    batch.settles = batch.taken.map(({ decide }) => decide(draft));
    const until = clock.now() + turnMs;
    do {
      const next = this.#waiting.shift();
      if (!next) break;
      batch.taken.push(next);
      batch.settles.push(next.decide(draft));
    } while (batch.size < mostDecisions && clock.now() < until);
    await turn.write({ ...draft.changes(), toldUntil: clock.wallNow() + toldMs });
    return turn.revision;
  }
}

/** What one turn decides. */
class Batch {
  readonly taken: Waiting[] = [];
  settles: Settle[] = [];

  get size(): number {
    return this.taken.length;
  }
}

class TurnDraft implements Draft {
  readonly #revision: number;
  readonly #index: ReservationIndex;
  readonly now: number;
  /** The last form of each request, and whether it has ended. */
  readonly #forms = new Map<string, { readonly reservation: Reservation; readonly ended: boolean }>();

  constructor(revision: number, index: ReservationIndex, now: number) {
    this.#revision = revision;
    this.#index = index;
    this.now = now;
  }

  put(given: Omit<Reservation, "revision">): Reservation {
    const reservation = { ...given, revision: this.#revision };
    this.#index.put(reservation, this.now);
    this.#forms.set(reservation.request, { reservation, ended: false });
    return reservation;
  }

  remove(request: string): boolean {
    const reservation = this.#index.find(request);
    if (!reservation) return false;
    this.#index.remove(request);
    this.#forms.set(request, { reservation, ended: true });
    return true;
  }

  changes(): Pick<LedgerChanges, "reservations" | "removals"> {
    const forms = [...this.#forms.values()];
    const of = (wanted: boolean) => forms.filter(({ ended }) => ended === wanted).map(({ reservation }) => reservation);
    return { reservations: of(false), removals: of(true) };
  }
}
