import type { Database, NewRow, Session } from "../store/index.ts";
import { type CastRow, castStore } from "./cast-store.ts";
import type { HeldTarget } from "./full-addresses.ts";
import { type LanePlaces, lanePlaces } from "./lane-places.ts";

/** Whose casts are meant. */
export interface CastHolder {
  readonly manager: string;
  readonly address: string;
}

type Changes = Partial<Omit<CastRow, "id">>;

const unfinished = ["waiting", "sent", "dead"] as const;

/** The casts of one holder in a database. */
export class CastRows {
  readonly lanes: LanePlaces;
  readonly #database: Database;
  readonly #holder: CastHolder;

  constructor(database: Database, holder: CastHolder) {
    this.#database = database;
    this.#holder = holder;
    this.lanes = lanePlaces(database);
  }

  async insert(session: Session, row: NewRow<typeof castStore, "outbox">): Promise<void> {
    await this.#within(session).insertInto("outbox").values(row).execute();
  }

  /** What is due: of casts for at once, and of those that have a time, at most so many each. What is held is left out. */
  async due(now: number, limit: number, held: readonly HeldTarget[]): Promise<readonly CastRow[]> {
    const timed = await this.#waiting(held)
      .selectAll()
      .where("nextAt", ">", 0)
      .where("nextAt", "<=", now)
      .orderBy("nextAt")
      .orderBy("id")
      .limit(Math.ceil(limit / 2))
      .execute();
    if (timed.length === limit) return timed;
    const atOnce = await this.#waiting(held)
      .selectAll()
      .where("nextAt", "=", 0)
      .orderBy("id")
      .limit(limit - timed.length)
      .execute();
    return [...timed, ...atOnce];
  }

  /** When the next one is due that is not held; undefined when none waits for a time. */
  async earliest(held: readonly HeldTarget[]): Promise<number | undefined> {
    const row = await this.#waiting(held)
      .select("nextAt")
      .where("nextAt", ">=", 0)
      .orderBy("nextAt")
      .limit(1)
      .executeTakeFirst();
    return row?.nextAt ?? undefined;
  }

  /** Those that were sent or are done, without what they say. */
  async open(): Promise<readonly Pick<CastRow, "id" | "key" | "address" | "manager" | "state" | "nextAt" | "terms">[]> {
    return this.#reading()
      .selectFrom("outbox")
      .select(["id", "key", "address", "manager", "state", "nextAt", "terms"])
      .where("holderManager", "=", this.#holder.manager)
      .where("holderAddress", "=", this.#holder.address)
      .where("state", "in", ["sent", "done"])
      .execute();
  }

  /** Takes those of these that still wait, all for one address. Resolves with their ids. */
  async take(
    session: Session,
    ids: readonly string[],
    place: Pick<CastRow, "address" | "store">,
  ): Promise<Set<string>> {
    const taken = await this.#within(session)
      .updateTable("outbox")
      .set(({ eb }) => ({ ...place, state: "sent", nextAt: null, absent: false, attempts: eb("attempts", "+", 1) }))
      .where("id", "in", ids)
      .where("state", "=", "waiting")
      .where("nextAt", ">=", 0)
      .where("holderAddress", "=", this.#holder.address)
      .returning("id")
      .execute();
    return new Set(taken.map(({ id }) => id));
  }

  /** They have been carried out: what they said is needed no more. @param keyUntil when their keys may go; null: at once */
  async finish(session: Session, ids: readonly string[], keyUntil: number | null): Promise<void> {
    await this.#within(session)
      .updateTable("outbox")
      .set({ state: "done", input: "", nextAt: keyUntil, lane: null, place: null, reason: null, lastError: null })
      .where("id", "in", ids)
      .where("state", "=", "sent")
      .execute();
  }

  async change(session: Session, id: string, from: CastRow["state"], changes: Changes): Promise<boolean> {
    const { numUpdatedRows } = await this.#within(session)
      .updateTable("outbox")
      .set(changes)
      .where("id", "=", id)
      .where("state", "=", from)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  /** Those of a manager that nobody was there for are looked at again at once. */
  async hasten(session: Session, managers: readonly string[], within: number): Promise<void> {
    await this.#within(session)
      .updateTable("outbox")
      .set({ nextAt: 0 })
      .where("holderManager", "=", this.#holder.manager)
      .where("holderAddress", "=", this.#holder.address)
      .where("state", "=", "waiting")
      .where("nextAt", ">", 0)
      .where("nextAt", "<=", within)
      .where("absent", "=", true)
      .where("manager", "in", managers)
      .execute();
  }

  /** Those that wait to be tried again are looked at at once. A timer that was not tried waits for its time. */
  async recall(session: Session, now: number): Promise<void> {
    await this.#within(session)
      .updateTable("outbox")
      .set({ nextAt: 0 })
      .where("holderManager", "=", this.#holder.manager)
      .where("holderAddress", "=", this.#holder.address)
      .where("state", "=", "waiting")
      .where("nextAt", ">", now)
      .where("attempts", ">", 0)
      .execute();
  }

  async forget(session: Session, ids: readonly string[]): Promise<void> {
    await this.#within(session).deleteFrom("outbox").where("id", "in", ids).where("state", "=", "done").execute();
  }

  /** What a holder had under way when it ended may have been carried out. */
  async interrupt(session: Session, address: string, except: readonly string[] = []): Promise<number> {
    let update = this.#within(session)
      .updateTable("outbox")
      .set({ state: "waiting", nextAt: 0, uncertain: true })
      .where("holderManager", "=", this.#holder.manager)
      .where("holderAddress", "=", address)
      .where("state", "=", "sent");
    if (except.length > 0) update = update.where("id", "not in", except);
    return Number((await update.executeTakeFirstOrThrow()).numUpdatedRows);
  }

  /** Whether an address of the same manager holds some that are not done. */
  async hasSome(address: string): Promise<boolean> {
    const row = await this.#reading()
      .selectFrom("outbox")
      .select("id")
      .where("holderManager", "=", this.#holder.manager)
      .where("holderAddress", "=", address)
      .where("state", "in", unfinished)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  /**
   * Takes what another address of the same manager holds and has not done. Of all who try, one has them. What is done stays: only
   * who delivered it may have its key forgotten.
   */
  async adopt(session: Session, address: string, host: string): Promise<number> {
    const { numUpdatedRows } = await this.#within(session)
      .updateTable("outbox")
      .set(({ eb }) => ({ holderAddress: this.#holder.address, host, claims: eb("claims", "+", 1) }))
      .where("holderManager", "=", this.#holder.manager)
      .where("holderAddress", "=", address)
      .where("state", "in", unfinished)
      .executeTakeFirstOrThrow();
    return Number(numUpdatedRows);
  }

  #waiting(held: readonly HeldTarget[]) {
    const waiting = this.#reading()
      .selectFrom("outbox")
      .where("holderManager", "=", this.#holder.manager)
      .where("holderAddress", "=", this.#holder.address)
      .where("state", "=", "waiting");
    if (held.length === 0) return waiting;
    return waiting.where(({ eb, fn, val, not, or }) => {
      const goesTo = fn.coalesce("address", "at", val(""));
      return not(or(held.map(({ manager, target }) => eb("manager", "=", manager).and(goesTo, "=", target))));
    });
  }

  #reading() {
    return this.#database.reading(castStore).builders;
  }

  #within(session: Session) {
    return this.#database.within(session, castStore);
  }
}
