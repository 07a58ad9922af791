import type { Database, Session } from "../store/index.ts";
import type { LeaseHolder } from "./lease.ts";
import { type FencedRow, leaseQueries } from "./lease-queries.ts";
import { fencedLeaseStore, leaseStore } from "./lease-store.ts";
import { keptMs, leaseMs, longestLeaseMs, lostAfterMs } from "./lease-times.ts";

/** Ends what incarnations may write; filled by the registry. */
export interface LeaseFences {
  /** Raises the epoch of an address in an open transaction, where it still is that one: what lives there writes nothing more. */
  fencePeerWithin(
    session: Session,
    peer: { readonly manager: string; readonly address: string },
    epoch: number,
    by: string,
  ): Promise<unknown>;
}

/** A lease that is asked for. */
export interface Ask {
  readonly name: string;
  readonly holder: LeaseHolder;
  /** Whether a holder whose lease has expired is fenced before it is taken. */
  readonly fences: boolean;
  /** Whether its own incarnation may have it again before it has expired: nothing is done under it. */
  readonly resumes: boolean;
  /**
   * Whether this process has seen enough of the database to say that a lease has expired; asked when the row has been read.
   * @param databaseNow the time of the database's clock
   */
  readonly mayJudge: (databaseNow: number) => boolean;
  /** Whether a lease of this epoch is one that this process knows of. */
  readonly isKnown: (epoch: number) => boolean;
}

export interface LeaseId {
  readonly name: string;
  readonly epoch: number;
}

/** What the row of a lease says. */
export interface SeenLease {
  readonly state: "held" | "expired";
  /** Of the incarnation that it is about: a later one at the same address may not have taken it yet. */
  readonly holderEpoch: number;
}

export interface SeenLeases {
  /** The time of the database's clock, by which they are judged. */
  readonly databaseNow: number;
  /** By name. */
  readonly leases: ReadonlyMap<string, SeenLease>;
}

interface Round {
  readonly release: readonly LeaseId[];
  readonly disown: readonly LeaseId[];
  readonly renew: boolean;
}

/** What comes later is of no use to whoever holds leases. */
const bounded = { timeoutMs: lostAfterMs, urgent: true };
const floorId = "floor";
const namesAtOnce = 500;
const purgedAtOnce = 1_000;

/** The table of leases, as one process asks and changes it. Times are the database's. */
export class LeaseRows {
  readonly #database: Database;
  readonly #fences: LeaseFences;
  /** Tells this process from all others. */
  readonly #keeper: string;
  #migrated: Promise<unknown> | undefined;

  constructor(database: Database, fences: LeaseFences, keeper: string) {
    this.#database = database;
    this.#fences = fences;
    this.#keeper = keeper;
  }

  /** Frees, lets expire and renews in one commit. Returns what this process keeps from now on: epochs by name. */
  async keep({ release, disown, renew }: Round): Promise<ReadonlyMap<string, number>> {
    const queries = await this.#ready();
    const keeper = this.#keeper;
    return this.#database.write(async (session) => {
      const now = await session.now();
      for (const { name, epoch } of disown) await queries.disown.run(session, { name, epoch, keeper });
      for (const { name, epoch } of release) await queries.release.run(session, { name, epoch, now: new Date(now) });
      if (!renew) return new Map();
      const kept = await queries.renew.run(session, { keeper, expiresAt: new Date(now + leaseMs) });
      return new Map(kept.map(({ name, epoch }) => [name, epoch]));
    }, bounded);
  }

  /**
   * Takes a lease that nobody holds. Returns its epoch; undefined where another holds it.
   *
   * @throws ReeveError `FENCED` where the one that asks may not write any more
   */
  async take(ask: Ask): Promise<number | undefined> {
    const queries = await this.#ready();
    const { name, holder } = ask;
    return this.#database.write(async (session) => {
      await holder.fence.begin?.(session);
      const now = await session.now();
      const [row] = await queries.find.run(session, { name });
      if (row && !this.#isFree(row, now, ask)) return undefined;
      // First: until the epoch is raised, its holder may be about to write.
      if (row && this.#mustFence(row, ask))
        await this.#fences.fencePeerWithin(session, row, row.holderEpoch, holder.address);
      const epoch = (row ? row.epoch : await this.#floor(session)) + 1;
      const { manager, address, epoch: holderEpoch } = holder;
      const expiresAt = new Date(now + leaseMs);
      const taken = { name, manager, address, holderEpoch, keeper: this.#keeper, epoch, expiresAt };
      await (row ? queries.replace : queries.insert).run(session, taken);
      return epoch;
    }, bounded);
  }

  /** Those of the names that nobody holds, as far as can be told without taking them. */
  async free(names: readonly string[]): Promise<{ readonly databaseNow: number; readonly names: readonly string[] }> {
    await this.#ready();
    const now = await this.#database.now();
    const taken = new Set<string>();
    for (const some of chunks(names)) {
      const { builders } = this.#database.reading(fencedLeaseStore);
      const rows = await builders
        .selectFrom("leases")
        .innerJoin("fence", (join) =>
          join
            .onRef("fence.manager", "=", "leases.manager")
            .onRef("fence.address", "=", "leases.address")
            .onRef("fence.epoch", "=", "leases.holderEpoch"),
        )
        .select("name")
        .where("name", "in", some)
        .where("released", "=", false)
        .where("expiresAt", ">", new Date(now))
        .where("expiresAt", "<=", new Date(now + longestLeaseMs))
        // Its own are told from those whose grant it has not heard of when it asks.
        .where((row) => row.or([row("keeper", "is", null), row("keeper", "!=", this.#keeper)]))
        .execute();
      for (const { name } of rows) taken.add(name);
    }
    return { databaseNow: now, names: names.filter((name) => !taken.has(name)) };
  }

  /** Which of the names are held, and which have a holder that has neither renewed nor released them in time. */
  async states(names: readonly string[]): Promise<SeenLeases> {
    await this.#ready();
    const now = await this.#database.now();
    const states = new Map<string, SeenLease>();
    for (const some of chunks(names)) {
      const rows = await this.#database
        .reading(leaseStore)
        .builders.selectFrom("leases")
        .select(["name", "holderEpoch", "expiresAt"])
        .where("name", "in", some)
        .where("released", "=", false)
        .execute();
      for (const { name, holderEpoch, expiresAt } of rows)
        states.set(name, { holderEpoch, state: hasExpired(expiresAt, now) ? "expired" : "held" });
    }
    return { databaseNow: now, leases: states };
  }

  /** @throws ReeveError `FENCED` where it may not write any more */
  async requireCurrent({ fence }: LeaseHolder): Promise<void> {
    await this.#database.write(async (session) => fence.begin?.(session), bounded);
  }

  /** Deletes rows that nobody has held for a day. Returns whether there may be more. */
  async purge(): Promise<boolean> {
    await this.#ready();
    return this.#database.write(async (session) => {
      const before = new Date((await session.now()) - keptMs);
      const tables = this.#database.within(session, leaseStore);
      const gone = await tables
        .deleteFrom("leases")
        .where("name", "in", ({ selectFrom }) =>
          selectFrom("leases as old").select("old.name").where("old.expiresAt", "<", before).limit(purgedAtOnce),
        )
        .returning("epoch")
        .execute();
      const highest = Math.max(...gone.map(({ epoch }) => epoch));
      if (highest > (await this.#floor(session))) {
        const floor = { id: floorId, epoch: highest };
        await tables
          .insertInto("leaseFloor")
          .values(floor)
          .onConflict((known) => known.column("id").doUpdateSet(floor))
          .execute();
      }
      return gone.length === purgedAtOnce;
    }, bounded);
  }

  /** A row of this process that it does not know of was taken by a question whose answer was lost. */
  #isFree(row: FencedRow, now: number, { resumes, mayJudge, isKnown, holder }: Ask): boolean {
    if (row.released || row.fence !== row.holderEpoch) return true;
    if (row.keeper === this.#keeper && !isKnown(row.epoch)) return true;
    if (resumes && isOwn(row, holder)) return true;
    return hasExpired(row.expiresAt, now) && (isOwn(row, holder) || mayJudge(now));
  }

  /** Its own incarnation has ended what it did under it before it asks anew. */
  #mustFence(row: FencedRow, { fences, holder }: Ask): boolean {
    return fences && !row.released && row.fence === row.holderEpoch && !isOwn(row, holder);
  }

  async #floor(session: Session): Promise<number> {
    const row = await this.#database
      .within(session, leaseStore)
      .selectFrom("leaseFloor")
      .select("epoch")
      .where("id", "=", floorId)
      .executeTakeFirst();
    return row?.epoch ?? 0;
  }

  /** Most processes never use a lease, and start sooner without its tables. */
  async #ready(): Promise<ReturnType<typeof leaseQueries>> {
    this.#migrated ??= this.#database.migrate(leaseStore).catch((error: unknown) => {
      this.#migrated = undefined;
      throw error;
    });
    await this.#migrated;
    return this.#database.prepared(leaseQueries);
  }
}

function isOwn(row: FencedRow, { manager, address, epoch }: LeaseHolder): boolean {
  return row.manager === manager && row.address === address && row.holderEpoch === epoch;
}

function hasExpired(expiresAt: Date, now: number): boolean {
  return expiresAt.getTime() <= now || expiresAt.getTime() > now + longestLeaseMs;
}

function* chunks(names: readonly string[]): Iterable<string[]> {
  for (let from = 0; from < names.length; from += namesAtOnce) yield names.slice(from, from + namesAtOnce);
}
