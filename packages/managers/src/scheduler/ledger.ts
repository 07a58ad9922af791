import type { Row, Store, Transaction } from "@reeve/runtime";
import type { Reservation } from "./reservation.ts";
import type { SchedulerStore } from "./store.ts";

/** Every reservation there is, as of one moment or a little later. */
export interface LedgerPage {
  /** Changes up to this one are in. */
  readonly revision: number;
  /** Removals up to this one are in. */
  readonly removals: number;
  readonly reservations: readonly Reservation[];
}

/** What a scheduler may do while it alone decides. */
export interface LedgerTurn {
  /** The ledger's count of removals, as the turn found it. */
  readonly removals: number;
  /** Reservations written after a revision. */
  changedSince(revision: number): Promise<readonly Reservation[]>;
  all(): Promise<LedgerPage>;
  find(request: string): Promise<Reservation | undefined>;
  /** Replaces what the request had. */
  put(reservation: Omit<Reservation, "revision">): Promise<Reservation>;
  /** False when there is none, or `revision` is given and it was written again since. */
  remove(request: string, revision?: number): Promise<boolean>;
}

const ledgerName = "reservations";

/** The reservations, in the store that the schedulers share. */
export class ReservationLedger {
  readonly #store: Store<SchedulerStore>;

  constructor(store: Store<SchedulerStore>) {
    this.#store = store;
  }

  /**
   * Runs `body` while no other scheduler decides, wherever it runs: the ledger's row is locked to the end of the
   * transaction. Nothing is kept when it throws.
   */
  exclusively<R>(body: (turn: LedgerTurn) => Promise<R>): Promise<R> {
    return this.#store.transaction(async (tx) => {
      const turn = new Turn(tx, await locked(tx));
      const result = await body(turn);
      if (turn.removed > 0) await tx.update("ledgers", ledgerName, { removals: turn.removals + turn.removed });
      return result;
    });
  }

  /** Reads without a turn; what is written meanwhile may be in already. */
  async read(): Promise<LedgerPage> {
    // In this order: what the revision covers is certain to be among the rows read after it.
    const ledger = await this.#store.find("ledgers", ledgerName);
    const rows = await this.#store.selectFrom("reservations").selectAll().execute();
    return { revision: ledger?.revision ?? 0, removals: ledger?.removals ?? 0, reservations: rows.map(reservation) };
  }
}

type LedgerRow = Row<SchedulerStore, "ledgers">;
type ReservationRow = Row<SchedulerStore, "reservations">;

/** The ledger's row with its revision raised, so that PostgreSQL makes the next one wait here. */
async function locked(tx: Transaction<SchedulerStore>): Promise<LedgerRow> {
  const raised = await tx
    .updateTable("ledgers")
    .set((row) => ({ revision: row("revision", "+", 1) }))
    .where("name", "=", ledgerName)
    .returningAll()
    .executeTakeFirst();
  return raised ?? tx.insert("ledgers", { name: ledgerName, revision: 1, removals: 0 });
}

class Turn implements LedgerTurn {
  readonly removals: number;
  removed = 0;
  readonly #tx: Transaction<SchedulerStore>;
  readonly #revision: number;

  constructor(tx: Transaction<SchedulerStore>, { revision, removals }: LedgerRow) {
    this.#tx = tx;
    this.#revision = revision;
    this.removals = removals;
  }

  async changedSince(revision: number): Promise<readonly Reservation[]> {
    const rows = await this.#tx.selectFrom("reservations").selectAll().where("revision", ">", revision).execute();
    return rows.map(reservation);
  }

  async all(): Promise<LedgerPage> {
    // Its own revision is used again by another's turn if this one is rolled back.
    return { revision: this.#revision - 1, removals: this.removals, reservations: await this.changedSince(-1) };
  }

  async find(request: string): Promise<Reservation | undefined> {
    const row = await this.#tx.find("reservations", request);
    return row && reservation(row);
  }

  async put({ request, visibleFrom, heldUntil, ...rest }: Omit<Reservation, "revision">): Promise<Reservation> {
    const row = {
      ...rest,
      heldUntil: heldUntil === undefined ? null : new Date(heldUntil),
      visibleEpoch: visibleFrom?.epoch ?? null,
      visibleCount: visibleFrom?.count ?? null,
      visibleIncarnation: visibleFrom?.incarnation ?? null,
      visibleStore: visibleFrom?.store ?? null,
      revision: this.#revision,
    };
    await this.#tx
      .insertInto("reservations")
      .values({ request, ...row })
      .onConflict((conflict) => conflict.column("request").doUpdateSet(row))
      .execute();
    return { request, visibleFrom, heldUntil, ...rest, revision: this.#revision };
  }

  async remove(request: string, revision?: number): Promise<boolean> {
    const rows = this.#tx.deleteFrom("reservations").where("request", "=", request);
    const matching = revision === undefined ? rows : rows.where("revision", "=", revision);
    const { numDeletedRows } = await matching.executeTakeFirst();
    if (numDeletedRows === 0n) return false;
    this.removed += 1;
    return true;
  }
}

function reservation(row: ReservationRow): Reservation {
  const { visibleEpoch, visibleCount, visibleIncarnation, visibleStore, heldUntil, ...rest } = row;
  return {
    ...rest,
    visibleFrom:
      visibleEpoch === null || visibleCount === null
        ? undefined
        : {
            epoch: visibleEpoch,
            count: visibleCount,
            incarnation: visibleIncarnation ?? undefined,
            store: visibleStore ?? undefined,
          },
    heldUntil: heldUntil?.getTime(),
  };
}
