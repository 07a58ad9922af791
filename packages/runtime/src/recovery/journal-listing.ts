import type { ExpressionBuilder } from "kysely";
import type { Database, QueryTables } from "../store/index.ts";
import { type WorkRow, workStore } from "./work-store.ts";

/** An address at which a manager holds work. */
export interface WorkHolder {
  readonly manager: string;
  readonly address: string;
  /** Of the incarnation that lives there; undefined where none does. */
  readonly epoch: number | undefined;
}

const columns = [
  ...(["id", "manager", "kind", "resource", "address", "begunAt", "holderAddress"] as const),
  ...(["failedRecoveries", "lastError", "principal"] as const),
] as const;

/** A row of the journal, as an operator sees it: without its payload, which may be large. */
export type ListedWork = Pick<WorkRow, (typeof columns)[number]>;

export interface WorkQuery {
  /**
   * `failed`: its recovery has failed, or is held up; `left`: whoever held it lives no more, and nobody has claimed it; `running`:
   * all other work of those that live.
   */
  readonly state: "failed" | "left" | "running";
  /** Whose work is meant. */
  readonly holders: readonly WorkHolder[];
  /** Work that is held up without a failed recovery, by id. */
  readonly heldUp: readonly string[];
  readonly after: string;
  readonly limit: number;
}

/** What the work journal of a database holds, whoever holds it: for people, not for recovery. */
export class JournalListing {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Those of them that hold some work, of whatever epoch. */
  async holding(holders: readonly WorkHolder[]): Promise<readonly WorkHolder[]> {
    if (holders.length === 0) return [];
    await this.#database.migrate(workStore);
    const rows = await this.#database
      .reading(workStore)
      .builders.selectFrom("work")
      .select(["manager", "holderAddress"])
      .distinct()
      .where((row) => heldBy(row, holders.map(atAnyEpoch)))
      .execute();
    const found = new Set(rows.map(({ manager, holderAddress }) => `${manager} ${holderAddress}`));
    return holders.filter(({ manager, address }) => found.has(`${manager} ${address}`));
  }

  /** Rows with ids above `after`, the oldest first, `limit` at most. */
  async page({ state, holders, heldUp, after, limit }: WorkQuery): Promise<readonly ListedWork[]> {
    const living = holders.filter(({ epoch }) => epoch !== undefined);
    if ((state === "left" ? holders : living).length === 0) return [];
    await this.#database.migrate(workStore);
    return this.#database
      .reading(workStore)
      .builders.selectFrom("work")
      .select(columns)
      .where((row) => {
        if (state === "left") {
          const anybody = heldBy(row, holders.map(atAnyEpoch));
          return living.length === 0 ? anybody : row.and([anybody, row.not(heldBy(row, living))]);
        }
        const failed = row.or([
          row("failedRecoveries", ">", 0),
          ...(heldUp.length === 0 ? [] : [row("id", "in", [...heldUp])]),
        ]);
        return row.and([heldBy(row, living), state === "failed" ? failed : row.not(failed)]);
      })
      .where("id", ">", after)
      .orderBy("id")
      .limit(limit)
      .execute();
  }
}

type Rows = ExpressionBuilder<QueryTables<typeof workStore>, "work">;

/** @param some at least one; without an epoch: whoever held it there */
function heldBy(row: Rows, some: readonly WorkHolder[]) {
  return row.or(
    placesOf(some).map(({ manager, epoch, addresses }) =>
      row.and([
        row("manager", "=", manager),
        row("holderAddress", "in", addresses),
        ...(epoch === undefined ? [] : [row("holderEpoch", "=", epoch)]),
      ]),
    ),
  );
}

function atAnyEpoch(holder: WorkHolder): WorkHolder {
  return { ...holder, epoch: undefined };
}

interface Place {
  readonly manager: string;
  readonly epoch: number | undefined;
  readonly addresses: string[];
}

/** Most managers of a host are of few kinds and have few epochs: few conditions for many addresses. */
function placesOf(holders: readonly WorkHolder[]): readonly Place[] {
  const found = new Map<string, Place>();
  for (const { manager, epoch, address } of holders) {
    const key = `${manager} ${epoch}`;
    const place = found.get(key) ?? { manager, epoch, addresses: [] };
    found.set(key, place);
    place.addresses.push(address);
  }
  return [...found.values()];
}
