import type { Row, Store, Transaction } from "@reeve/runtime";
import type { Reservation } from "./reservation.ts";
import type { SchedulerStore } from "./store.ts";

/** A reservation that has ended. */
export interface Removal {
  readonly request: string;
  readonly revision: number;
}

/** What was written to the ledger. */
export interface LedgerPage {
  /** Changes up to this one are in. */
  readonly revision: number;
  /** Everything there is, or only what was written after the revision that was asked for. */
  readonly whole: boolean;
  readonly reservations: readonly Reservation[];
  readonly removals: readonly Removal[];
}

/** What a turn writes: the last form of each request. */
export interface LedgerChanges {
  readonly reservations: readonly Reservation[];
  /** Those that have ended, as they were. */
  readonly removals: readonly Reservation[];
  /** Until when the removals are told to others, in milliseconds since 1970. */
  readonly toldUntil: number;
}

/** What a scheduler may do while it alone decides. */
export interface LedgerTurn {
  /** Of what is written in this turn. */
  readonly revision: number;
  /** What was written after a revision, by any scheduler. */
  changedSince(revision: number): Promise<LedgerPage>;
  /** Replaces what the requests had. */
  write(changes: LedgerChanges): Promise<void>;
  /** Deletes the rows of removals that were told until before `now`, in milliseconds since 1970. */
  purge(now: number): Promise<void>;
}

const ledgerName = "reservations";
/** Rows of one statement: databases bound the values of one. */
const rowsAtOnce = 500;

/** The reservations, in the store that the schedulers share. */
export class ReservationLedger {
  readonly #store: Store<SchedulerStore>;

  constructor(store: Store<SchedulerStore>) {
    this.#store = store;
  }

  /**
   * Runs `body` while no other scheduler decides, wherever it runs: a turn begins when the one before it has ended, so that it
   * sees what that wrote and is not in conflict with it. Nothing is kept when it throws. Where several processes write one database, it may be run again.
   */
  exclusively<R>(body: (turn: LedgerTurn) => Promise<R>): Promise<R> {
    return this.#store.transaction(async (tx) => body(new Turn(tx, await locked(tx))), { alone: "ledgers" });
  }

  /** Reads what was written after a revision, without a turn. */
  async changedSince(revision: number): Promise<LedgerPage> {
    if (revision > 0) {
      const changed = await rowsAfter(this.#store, revision);
      // In this order: rows that were deleted before the first statement have raised the horizon by the second.
      const horizon = (await this.#ledger())?.horizon ?? 0;
      if (horizon <= revision) return changes(changed, revision);
    }
    // In this order: what the revision covers is certain to be among the rows read after it.
    const ledger = await this.#ledger();
    return everything(await rowsAfter(this.#store, -1), ledger?.revision ?? 0);
  }

  /** Whether there are rows of removals that were told until before `now`, in milliseconds since 1970. */
  async hasPurgeable(now: number): Promise<boolean> {
    const row = await this.#store
      .selectFrom("reservations")
      .select("request")
      .where("removed", "=", true)
      .where("heldUntil", "<", new Date(now))
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  #ledger(): Promise<LedgerRow | undefined> {
    return this.#store.find("ledgers", ledgerName);
  }
}

type LedgerRow = Row<SchedulerStore, "ledgers">;
type ReservationRow = Row<SchedulerStore, "reservations">;

/** The ledger's row with its revision raised. */
async function locked(tx: Transaction<SchedulerStore>): Promise<LedgerRow> {
  const raised = await tx
    .updateTable("ledgers")
    .set((row) => ({ revision: row("revision", "+", 1) }))
    .where("name", "=", ledgerName)
    .returningAll()
    .executeTakeFirst();
  return raised ?? tx.insert("ledgers", { name: ledgerName, revision: 1 });
}

class Turn implements LedgerTurn {
  readonly revision: number;
  readonly #tx: Transaction<SchedulerStore>;
  readonly #horizon: number;

  constructor(tx: Transaction<SchedulerStore>, { revision, horizon }: LedgerRow) {
    this.#tx = tx;
    this.revision = revision;
    this.#horizon = horizon;
  }

  async changedSince(revision: number): Promise<LedgerPage> {
    const whole = revision <= 0 || revision < this.#horizon;
    const rows = await rowsAfter(this.#tx, whole ? -1 : revision);
    // Its own revision is used again by another's turn if this one is rolled back.
    return whole ? everything(rows, this.revision - 1) : changes(rows, revision);
  }

  async write({ reservations, removals, toldUntil }: LedgerChanges): Promise<void> {
    const rows = [
      ...reservations.map((one) => newRow(one, this.revision, { removed: false, heldUntil: one.heldUntil })),
      ...removals.map((one) => newRow({ ...one, needs: {} }, this.revision, { removed: true, heldUntil: toldUntil })),
    ];
    for (let at = 0; at < rows.length; at += rowsAtOnce) await this.#upsert(rows.slice(at, at + rowsAtOnce));
  }

  async purge(now: number): Promise<void> {
    const gone = await this.#tx
      .deleteFrom("reservations")
      .where("removed", "=", true)
      .where("heldUntil", "<", new Date(now))
      .returning("revision")
      .execute();
    const horizon = gone.reduce((highest, { revision }) => Math.max(highest, revision), this.#horizon);
    await this.#tx.update("ledgers", ledgerName, { horizon });
  }

  async #upsert(rows: readonly NewRow[]): Promise<void> {
    await this.#tx
      .insertInto("reservations")
      .values([...rows])
      .onConflict((conflict) =>
        conflict.column("request").doUpdateSet(({ ref }) => ({
          manager: ref("excluded.manager"),
          address: ref("excluded.address"),
          needs: ref("excluded.needs"),
          holdMs: ref("excluded.holdMs"),
          visibleEpoch: ref("excluded.visibleEpoch"),
          visibleCount: ref("excluded.visibleCount"),
          visibleIncarnation: ref("excluded.visibleIncarnation"),
          visibleStore: ref("excluded.visibleStore"),
          heldUntil: ref("excluded.heldUntil"),
          removed: ref("excluded.removed"),
          revision: ref("excluded.revision"),
        })),
      )
      .execute();
  }
}

type NewRow = ReturnType<typeof newRow>;

function newRow(
  { visibleFrom, ...rest }: Reservation,
  revision: number,
  { removed, heldUntil }: { readonly removed: boolean; readonly heldUntil: number | undefined },
) {
  return {
    ...rest,
    removed,
    heldUntil: heldUntil === undefined ? null : new Date(heldUntil),
    visibleEpoch: visibleFrom?.epoch ?? null,
    visibleCount: visibleFrom?.count ?? null,
    visibleIncarnation: visibleFrom?.incarnation ?? null,
    visibleStore: visibleFrom?.store ?? null,
    revision,
  };
}

function rowsAfter(
  store: Pick<Store<SchedulerStore>, "selectFrom">,
  revision: number,
): Promise<readonly ReservationRow[]> {
  return store.selectFrom("reservations").selectAll().where("revision", ">", revision).execute();
}

function changes(rows: readonly ReservationRow[], since: number): LedgerPage {
  // A turn's rows are committed together, so that all up to the highest are there.
  const revision = rows.reduce((highest, row) => Math.max(highest, row.revision), since);
  return { revision, whole: false, ...sorted(rows) };
}

function everything(rows: readonly ReservationRow[], revision: number): LedgerPage {
  return { revision, whole: true, ...sorted(rows) };
}

function sorted(rows: readonly ReservationRow[]): Pick<LedgerPage, "reservations" | "removals"> {
  return {
    reservations: rows.filter(({ removed }) => !removed).map(reservation),
    removals: rows.filter(({ removed }) => removed).map(({ request, revision }) => ({ request, revision })),
  };
}

function reservation(row: ReservationRow): Reservation {
  const { visibleEpoch, visibleCount, visibleIncarnation, visibleStore, heldUntil, removed: _, ...rest } = row;
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
