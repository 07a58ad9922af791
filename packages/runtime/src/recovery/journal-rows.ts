import { ReeveError, reeveError } from "@reeve/contract";
import { type IdempotencyKey, keyOfText, keyText } from "../rpc/idempotency-key.ts";
import type { Principal } from "../rpc/principal.ts";
import type { Database, Session } from "../store/index.ts";
import { decodePlain, encodePlain } from "../store/index.ts";
import { waitingForOf } from "./held-work.ts";
import type { Job } from "./job.ts";
import { journalQueries } from "./journal-queries.ts";
import type { OpenCall } from "./open-calls.ts";
import type { WorkUnderWay } from "./work.ts";
import { type WorkRow, workStore } from "./work-store.ts";

/** Rows that change hands in one commit: others get the next ones meanwhile, and finish them sooner than one would. */
const takenAtOnce = 256;

/** An incarnation of a manager. */
export interface Holder {
  readonly manager: string;
  readonly address: string;
  readonly epoch: number;
}

export interface NewJob {
  readonly id: string;
  readonly kind: string;
  readonly resource: string;
  readonly payload: unknown;
  readonly begunAt: Date;
  readonly key: IdempotencyKey | undefined;
  readonly principal: Principal | undefined;
}

/** A row that a dead holder has left. */
export type LeftRow = Pick<WorkRow, "id" | "kind" | "resource">;

/** What became of a row that is still there. */
export type RowFate = Pick<WorkRow, "id" | "holderAddress" | "lastError">;

/** The rows of the journal that one incarnation holds or may take. */
export class JournalRows {
  readonly #database: Database;
  readonly #holder: Holder;
  readonly #openCallOf: (id: string) => OpenCall | undefined;

  /** @param openCallOf the driver call that a job waits for, if it does */
  constructor(database: Database, holder: Holder, openCallOf: (id: string) => OpenCall | undefined = () => undefined) {
    this.#database = database;
    this.#holder = holder;
    this.#openCallOf = openCallOf;
  }

  /** @throws ReeveError `BUSY` naming the resource and the work that holds it */
  async begin(session: Session, { id, kind, resource, payload, begunAt, ...begun }: NewJob): Promise<Job> {
    const { manager, address, epoch } = this.#holder;
    const stored = encodePlain(`payload of "${kind}"`, payload);
    const key = begun.key ? keyText(begun.key) : null;
    const principal = begun.principal ?? null;
    const job = { id, manager, kind, resource, payload: stored, address, epoch, begunAt, key, principal };
    try {
      await this.#queries.begin.later(session, { ...job, holderAddress: address, holderEpoch: epoch });
    } catch (error) {
      throw await this.#explain(session, resource, error);
    }
    return jobOf({ ...job, failedRecoveries: 0 });
  }

  /** The rows at this address that earlier incarnations have left. */
  abandoned(): Promise<readonly WorkRow[]> {
    const { address, epoch } = this.#holder;
    return this.#database
      .reading(workStore)
      .builders.selectFrom("work")
      .selectAll()
      .where("manager", "=", this.#holder.manager)
      .where("holderAddress", "=", address)
      .where("holderEpoch", "!=", epoch)
      .orderBy("id")
      .execute();
  }

  /** Whether rows of these kinds are at an address, of holders with epochs before one. */
  async hasLeft(address: string, before: number, kinds: readonly string[]): Promise<boolean> {
    return (await this.#leftBy(undefined, address, before, kinds).limit(1).execute()).length > 0;
  }

  /** Rows of these kinds that holders with epochs before one have left at an address, as many as one commit is to hold. */
  leftAtOnce(session: Session, address: string, before: number, kinds: readonly string[]): Promise<readonly WorkRow[]> {
    return this.#leftBy(session, address, before, kinds).limit(takenAtOnce).execute();
  }

  /** Takes rows that others have left. Of all who try, one gets each row: the others find another holder. */
  async takeFrom(session: Session, left: readonly WorkRow[]): Promise<readonly WorkRow[]> {
    const [first] = left;
    if (!first) return [];
    return this.#take(session, left).where("holderAddress", "=", first.holderAddress).returningAll().execute();
  }

  /** The same for rows whose taking may have been committed: then they are held by this incarnation, with one claim more. */
  async takeAgain(session: Session, left: readonly Pick<WorkRow, "id" | "claims">[]): Promise<readonly WorkRow[]> {
    const { address, epoch } = this.#holder;
    const taken: WorkRow[] = [];
    for (const { id, claims } of left)
      taken.push(
        ...(await this.#take(session, [{ id }])
          .where((row) =>
            row.or([
              row("claims", "=", claims),
              row.and([row("claims", ">", claims), row("holderAddress", "=", address), row("holderEpoch", "=", epoch)]),
            ]),
          )
          .returningAll()
          .execute()),
      );
    return taken;
  }

  #take(session: Session, rows: readonly { readonly id: string }[]) {
    const { address, epoch } = this.#holder;
    const ids = rows.map(({ id }) => id);
    return this.#within(session)
      .updateTable("work")
      .set((row) => ({ claims: row("claims", "+", 1), holderAddress: address, holderEpoch: epoch }))
      .where("id", "in", ids);
  }

  #leftBy(session: Session | undefined, address: string, before: number, kinds: readonly string[]) {
    const builders = session ? this.#within(session) : this.#database.reading(workStore).builders;
    return builders
      .selectFrom("work")
      .selectAll()
      .where("manager", "=", this.#holder.manager)
      .where("holderAddress", "=", address)
      .where("holderEpoch", "<", before)
      .where("kind", "in", [...kinds])
      .orderBy("id");
  }

  /** What holders with epochs before one have at an address, of whatever kind: the first so many. */
  leftAt(address: string, before: number, most: number): Promise<readonly LeftRow[]> {
    return this.#database
      .reading(workStore)
      .builders.selectFrom("work")
      .select(["id", "kind", "resource"])
      .where("manager", "=", this.#holder.manager)
      .where("holderAddress", "=", address)
      .where("holderEpoch", "<", before)
      .orderBy("id")
      .limit(most)
      .execute();
  }

  /** Of these rows those that are still there: who holds them, and why their last recovery failed. */
  fates(ids: readonly string[]): Promise<readonly RowFate[]> {
    return this.#database
      .reading(workStore)
      .builders.selectFrom("work")
      .select(["id", "holderAddress", "lastError"])
      .where("id", "in", [...ids])
      .execute();
  }

  /** What is being done to resources of this kind of manager, by resource. */
  async underWay(resources: readonly string[]): Promise<ReadonlyMap<string, WorkUnderWay>> {
    if (resources.length === 0) return new Map();
    const rows = await this.#database
      .reading(workStore)
      .builders.selectFrom("work")
      .select(["resource", "kind", "begunAt", "failedRecoveries", "lastError"])
      .where("manager", "=", this.#holder.manager)
      .where("resource", "in", [...resources])
      .execute();
    return new Map(rows.map(({ resource, ...work }) => [resource, work]));
  }

  /** Whether this incarnation holds the row and nobody has claimed it since. */
  async holds(id: string, claims: number): Promise<boolean> {
    const { address, epoch } = this.#holder;
    const of = { id, claims, holderAddress: address, holderEpoch: epoch };
    const rows = await this.#queries.held.read(this.#database, of);
    return rows.length > 0;
  }

  /** Takes a row by compare-and-set on its claims: of all who try, one. Returns its claims then. */
  async claim(session: Session, id: string, claims: number): Promise<number | undefined> {
    const [row] = await this.#take(session, [{ id }]).where("claims", "=", claims).returning("claims").execute();
    return row?.claims;
  }

  async noteFailure(session: Session, id: string, claims: number, message: string): Promise<void> {
    await this.#within(session)
      .updateTable("work")
      .set((row) => ({ failedRecoveries: row("failedRecoveries", "+", 1), lastError: message.slice(0, 2_000) }))
      .where("id", "=", id)
      .where("claims", "=", claims)
      .execute();
  }

  /** @throws ReeveError `FENCED`, here or later in the transaction, when somebody else has claimed the row or cleared it */
  async clear(session: Session, id: string, claims: number): Promise<void> {
    await this.#queries.clear.later(session, { id, claims }, (_, cleared) => {
      if (cleared === 0)
        throw reeveError("FENCED", `work ${id} is no longer this incarnation's: it was recovered elsewhere`);
    });
  }

  /** Deletes the row of a resource, whoever holds it. Returns the kind of its work. */
  async abandonWork(session: Session, resource: string): Promise<string | undefined> {
    const row = await this.#find(session, resource);
    if (row) await this.#within(session).deleteFrom("work").where("id", "=", row.id).execute();
    return row?.kind;
  }

  /** @throws ReeveError `BUSY` naming the work that holds the resource, and what that waits for */
  async requireFree(session: Session, resource: string): Promise<void> {
    const row = await this.#find(session, resource);
    if (row) throw this.#busy(resource, row);
  }

  async #explain(session: Session, resource: string, error: unknown): Promise<unknown> {
    if (!(error instanceof ReeveError) || error.reason !== "ROW_EXISTS") return error;
    const other = await this.#find(session, resource);
    return other ? this.#busy(resource, other) : error;
  }

  #find(session: Session, resource: string) {
    return this.#within(session)
      .selectFrom("work")
      .select(["id", "kind", "begunAt"])
      .where("manager", "=", this.#holder.manager)
      .where("resource", "=", resource)
      .executeTakeFirst();
  }

  #busy(resource: string, { id, kind, begunAt }: Pick<WorkRow, "id" | "kind" | "begunAt">): ReeveError {
    const since = begunAt.toISOString();
    const data = { resource, kind, since };
    const message = `"${resource}" is busy: ${kind} began at ${since} and has not ended`;
    const call = this.#openCallOf(id);
    if (!call) return reeveError("BUSY", message, { data });
    const waitingFor = waitingForOf(call);
    const { driver, method } = waitingFor;
    return reeveError("BUSY", `${message}; ${driver}: ${method} runs on since ${waitingFor.since}`, {
      data: { ...data, waitingFor },
    });
  }

  get #queries() {
    return this.#database.prepared(journalQueries);
  }

  #within(session: Session) {
    return this.#database.within(session, workStore);
  }
}

/** @throws SyntaxError when the payload is damaged */
export function jobOf(
  row: Pick<
    WorkRow,
    "id" | "kind" | "resource" | "payload" | "address" | "epoch" | "failedRecoveries" | "key" | "principal"
  >,
): Job {
  const { id, kind, resource, address, epoch, failedRecoveries } = row;
  const payload = decodePlain(row.payload);
  const key = row.key === null ? undefined : keyOfText(row.key);
  const principal = row.principal ?? undefined;
  return Object.freeze({ id, kind, resource, payload, address, epoch, failedRecoveries, key, principal });
}
