import { type Database, type NewRow, QueryTemplate, type Session } from "../store/index.ts";
import { type ActorRow, type ActorStatus, actorStore } from "./actor-store.ts";

/** Whose actors are meant. */
export interface ActorHolder {
  readonly manager: string;
  readonly address: string;
}

/** What a turn changes. */
export type TurnChanges = Pick<
  ActorRow,
  | "version"
  | "status"
  | "value"
  | "kept"
  | "unrun"
  | "unrunFrom"
  | "offered"
  | "awake"
  | "dueAt"
  | "lastError"
  | "changedAt"
>;

interface Saved extends TurnChanges {
  readonly key: string;
  readonly holderAddress: string;
  readonly revision: number;
  readonly next: number;
}

export interface ListedActors {
  readonly machine: string;
  readonly status?: ActorStatus | undefined;
  /** Those after this id. */
  readonly after: string;
  readonly limit: number;
}

/** Versions of a machine whose actors are taken up. */
export interface TakenVersions {
  readonly machine: string;
  readonly from: number;
  readonly to: number;
}

/** What is left out restricts nothing. */
export interface HeldPage {
  readonly machine?: string | undefined;
  readonly status?: ActorStatus | undefined;
  readonly after?: { readonly machine: string; readonly id: string } | undefined;
  readonly limit: number;
}

/** An actor whose timer is due. */
export type DueActor = Pick<ActorRow, "machine" | "actor">;

const inPage = 500;

export function actorKey(manager: string, machine: string, actor: string): string {
  return JSON.stringify([manager, machine, actor]);
}

/** The kept actors of one holder in a database. */
export class ActorRows {
  readonly #database: Database;
  readonly #holder: ActorHolder;

  constructor(database: Database, holder: ActorHolder) {
    this.#database = database;
    this.#holder = holder;
  }

  find(key: string): Promise<ActorRow | undefined> {
    return this.#reading().selectFrom("actors").selectAll().where("key", "=", key).executeTakeFirst();
  }

  async findIn(session: Session, key: string): Promise<ActorRow | undefined> {
    const [row] = await this.#database.prepared(turnQueries).find.run(session, { key });
    return row;
  }

  list({ machine, status, after, limit }: ListedActors): Promise<readonly ActorRow[]> {
    let query = this.#reading()
      .selectFrom("actors")
      .selectAll()
      .where("manager", "=", this.#holder.manager)
      .where("machine", "=", machine)
      .where("actor", ">", after);
    if (status !== undefined) query = query.where("status", "=", status);
    return query.orderBy("actor").limit(limit).execute();
  }

  /** Those of the holder, by machine and id. */
  listHeld({ machine, status, after, limit }: HeldPage): Promise<readonly ActorRow[]> {
    let query = this.#held().selectAll();
    if (machine !== undefined) query = query.where("machine", "=", machine);
    if (status !== undefined) query = query.where("status", "=", status);
    if (after !== undefined)
      query = query.where(({ eb, or, and }) =>
        or([eb("machine", ">", after.machine), and([eb("machine", "=", after.machine), eb("actor", ">", after.id)])]),
      );
    return query.orderBy("machine").orderBy("actor").limit(limit).execute();
  }

  /** Those that something is to be done for at once, in pages. */
  async *awake(): AsyncIterable<ActorRow> {
    for (let after = ""; ; ) {
      const rows = await this.#held()
        .selectAll()
        .where("awake", "=", true)
        .where("key", ">", after)
        .orderBy("key")
        .limit(inPage)
        .execute();
      yield* rows;
      if (rows.length < inPage) return;
      after = rows.at(-1)!.key;
    }
  }

  /** Which versions of which machines there are of the holder's. */
  versions(): Promise<readonly Pick<ActorRow, "machine" | "version">[]> {
    return this.#held().select(["machine", "version"]).distinct().execute();
  }

  /** Those of these machines whose time has come, the earliest first: the first page that has some of those wanted. */
  async due(
    now: number,
    versions: readonly TakenVersions[],
    isWanted: (actor: DueActor) => boolean,
  ): Promise<readonly DueActor[]> {
    if (versions.length === 0) return [];
    for (let skipped = 0; ; skipped += inPage) {
      const page = await this.#duePage(now, versions, skipped);
      const wanted = page.filter(isWanted);
      if (wanted.length > 0 || page.length < inPage) return wanted;
    }
  }

  #duePage(now: number, versions: readonly TakenVersions[], skipped: number): Promise<readonly DueActor[]> {
    return this.#held()
      .select(["machine", "actor"])
      .where("dueAt", "<=", now)
      .where("status", "=", "active")
      .where(({ eb, or, and }) =>
        or(
          versions.map(({ machine, from, to }) =>
            and([eb("machine", "=", machine), eb("version", ">=", from), eb("version", "<=", to)]),
          ),
        ),
      )
      .orderBy("dueAt")
      .orderBy("key")
      .limit(inPage)
      .offset(skipped)
      .execute();
  }

  /** Those that XState has ended with an error: the first hundred. */
  inError(): Promise<readonly Pick<ActorRow, "machine" | "actor" | "lastError">[]> {
    return this.#held().select(["machine", "actor", "lastError"]).where("status", "=", "error").limit(100).execute();
  }

  /** Whether some have ended whose retention is over. */
  async anyOver(now: number): Promise<boolean> {
    const ended = await this.#held()
      .select("key")
      .where("dueAt", "<=", now)
      .where("status", "in", ["done", "error"])
      .limit(1)
      .execute();
    return ended.length > 0;
  }

  async earliest(after: number): Promise<number | undefined> {
    const row = await this.#held()
      .select("dueAt")
      .where("dueAt", ">", after)
      .orderBy("dueAt")
      .limit(1)
      .executeTakeFirst();
    return row?.dueAt ?? undefined;
  }

  /** @throws ReeveError `ROW_EXISTS` */
  async insert(session: Session, row: NewRow<typeof actorStore, "actors">): Promise<void> {
    await this.#within(session).insertInto("actors").values(row).execute();
  }

  /** Writes a turn, if the actor is the holder's and as it was. @param check told whether it was */
  save(
    session: Session,
    key: string,
    revision: number,
    changes: TurnChanges,
    check: (saved: boolean) => void,
  ): Promise<void> {
    const { address: holderAddress } = this.#holder;
    const values = { ...changes, key, revision, next: revision + 1, holderAddress };
    return this.#database.prepared(turnQueries).save.later(session, values, (_, changed) => check(changed > 0));
  }

  /** Their actions have run, unless they have made another turn. */
  async ran(
    session: Session,
    ran: ReadonlyMap<string, { readonly revision: number; readonly awake: boolean }>,
  ): Promise<void> {
    const { mark } = this.#database.prepared(turnQueries);
    for (const [key, { revision, awake }] of ran) await mark.later(session, { key, revision, awake });
  }

  /** It stands still; what is left to do is tried again by the next holder. */
  async fail(session: Session, key: string, revision: number, message: string): Promise<void> {
    await this.#within(session)
      .updateTable("actors")
      .set({ status: "failed", awake: true, lastError: message.slice(0, 2_000) })
      .where("key", "=", key)
      .where("revision", "=", revision)
      .where("status", "=", "active")
      .execute();
  }

  /** What has failed is tried again from here on. */
  async revive(session: Session): Promise<void> {
    await this.#within(session)
      .updateTable("actors")
      .set({ status: "active" })
      .where("manager", "=", this.#holder.manager)
      .where("holderAddress", "=", this.#holder.address)
      .where("awake", "=", true)
      .where("status", "=", "failed")
      .execute();
  }

  async remove(session: Session, key: string): Promise<boolean> {
    const { numDeletedRows } = await this.#within(session)
      .deleteFrom("actors")
      .where("key", "=", key)
      .where("holderAddress", "=", this.#holder.address)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  /** Deletes those that have ended and were to stay no longer; the first so many. */
  purge(session: Session, now: number, most: number): Promise<readonly Pick<ActorRow, "machine" | "actor">[]> {
    const { manager, address } = this.#holder;
    return this.#within(session)
      .deleteFrom("actors")
      .where("key", "in", (over) =>
        over
          .selectFrom("actors")
          .select("key")
          .where("manager", "=", manager)
          .where("holderAddress", "=", address)
          .where("dueAt", "<=", now)
          .where("status", "in", ["done", "error"])
          .orderBy("dueAt")
          .limit(most),
      )
      .returning(["machine", "actor"])
      .execute();
  }

  async hasSome(address: string): Promise<boolean> {
    const row = await this.#reading()
      .selectFrom("actors")
      .select("key")
      .where("manager", "=", this.#holder.manager)
      .where("holderAddress", "=", address)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Takes those of another address of the same manager. Of all who try, one has them. */
  async adopt(session: Session, address: string): Promise<number> {
    const { numUpdatedRows } = await this.#within(session)
      .updateTable("actors")
      .set({ holderAddress: this.#holder.address })
      .where("manager", "=", this.#holder.manager)
      .where("holderAddress", "=", address)
      .executeTakeFirstOrThrow();
    return Number(numUpdatedRows);
  }

  #held() {
    return this.#reading()
      .selectFrom("actors")
      .where("manager", "=", this.#holder.manager)
      .where("holderAddress", "=", this.#holder.address);
  }

  #reading() {
    return this.#database.reading(actorStore).builders;
  }

  #within(session: Session) {
    return this.#database.within(session, actorStore);
  }
}

/** What each turn asks. */
function turnQueries(database: Database) {
  const { builders } = database.reading(actorStore);
  const { layout } = actorStore;

  const find = new QueryTemplate<{ readonly key: string }, ActorRow>(layout, (slot) =>
    builders.selectFrom("actors").selectAll().where("key", "=", slot("key")),
  );

  const save = new QueryTemplate<Saved, unknown>(layout, (slot) =>
    builders
      .updateTable("actors")
      .set({
        version: slot("version"),
        status: slot("status"),
        value: slot("value"),
        kept: slot("kept"),
        unrun: slot("unrun"),
        unrunFrom: slot("unrunFrom"),
        offered: slot("offered"),
        awake: slot("awake"),
        dueAt: slot("dueAt"),
        lastError: slot("lastError"),
        changedAt: slot("changedAt"),
        revision: slot("next"),
      })
      .where("key", "=", slot("key"))
      .where("revision", "=", slot("revision"))
      .where("status", "=", "active")
      .where("holderAddress", "=", slot("holderAddress")),
  );

  const mark = new QueryTemplate<{ readonly key: string; readonly revision: number; readonly awake: boolean }, unknown>(
    layout,
    (slot) =>
      builders
        .updateTable("actors")
        .set({ unrun: null, unrunFrom: null, awake: slot("awake") })
        .where("key", "=", slot("key"))
        .where("revision", "=", slot("revision"))
        .where("status", "!=", "failed"),
  );

  return { find, save, mark };
}
