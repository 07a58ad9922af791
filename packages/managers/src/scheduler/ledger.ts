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
  /** Of what is written in this turn: told with what was written before. */
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
    return this.#store.transaction(async (tx) => body(await Turn.begin(tx)), {
      alone: "ledgers",
      overlapSync: true,
    });
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

/** Its first statements are one message to a database that is far, what it writes and its commit another: others wait meanwhile. */
class Turn implements LedgerTurn {
  readonly #tx: Transaction<SchedulerStore>;
  /** As this turn has raised it; undefined until the database has answered, or where there is none yet. */
  #ledger: LedgerRow | undefined;

  static async begin(tx: Transaction<SchedulerStore>): Promise<Turn> {
    const turn = new Turn(tx);
    const raised = tx
      .updateTable("ledgers")
      .set((row) => ({ revision: row("revision", "+", 1) }))
      .where("name", "=", ledgerName)
      .returningAll();
    await tx.later(raised, ([ledger]) => {
      turn.#ledger = ledger;
    });
    return turn;
  }

  private constructor(tx: Transaction<SchedulerStore>) {
    this.#tx = tx;
  }

  get revision(): number {
    return this.#ledger!.revision;
  }

  async changedSince(revision: number): Promise<LedgerPage> {
    const rows = await rowsAfter(this.#tx, revision > 0 ? revision : -1);
    const { horizon } = await this.#raised();
    if (revision > 0 && revision >= horizon) return changes(rows, revision);
    // Its own revision is used again by another's turn if this one is rolled back.
    return everything(revision > 0 ? await rowsAfter(this.#tx, -1) : rows, this.revision - 1);
  }

  async write({ reservations, removals, toldUntil }: LedgerChanges): Promise<void> {
    const { revision } = await this.#raised();
    const rows = [
      ...reservations.map((one) => newRow(one, revision, { removed: false, heldUntil: one.heldUntil })),
      ...removals.map((one) => newRow({ ...one, needs: {} }, revision, { removed: true, heldUntil: toldUntil })),
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
    const ledger = await this.#raised();
    const horizon = gone.reduce((highest, { revision }) => Math.max(highest, revision), ledger.horizon);
    await this.#tx.update("ledgers", ledgerName, { horizon });
  }

  async #raised(): Promise<LedgerRow> {
    this.#ledger ??= await this.#tx.find("ledgers", ledgerName);
    this.#ledger ??= await this.#tx.insert("ledgers", { name: ledgerName, revision: 1 });
    return this.#ledger;
  }

  async #upsert(rows: readonly NewRow[]): Promise<void> {
    const upserted = this.#tx
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
      );
    await this.#tx.later(upserted);
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
