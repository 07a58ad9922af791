import type { Database, Session, TransactionHook } from "../store/index.ts";
import { factsOf, keyUntil } from "./cast-changes.ts";
import { type CastState, type CastStep, nextStep } from "./cast-rules.ts";
import { type CastRow, castStore } from "./cast-store.ts";
import { lanePlaces } from "./lane-places.ts";

/** A durable cast, as an operator sees it: not what it says. Times in milliseconds since 1970. */
export interface ListedCast
  extends Pick<CastRow, "id" | "manager" | "operation" | "address" | "state" | "requestId" | "attempts" | "nextAt"> {
  /** Who made it: `manager/address`, or the host's name. */
  readonly holder: string;
  readonly lane: string | null;
  readonly user: string;
  readonly tenant: string | null;
  readonly createdAt: number;
  readonly dueAt: number;
  readonly reason: string | null;
  readonly lastError: string | null;
}

/** Which casts are meant; what is left out restricts nothing. */
interface CastFilter {
  readonly state?: CastState | undefined;
  readonly manager?: string | undefined;
  readonly operation?: string | undefined;
}

/** The cast as it is now, or the state in which nothing was done to it; undefined where there is none. */
type CastChange = { readonly cast: ListedCast } | { readonly refused: CastState | undefined };

export interface OperatedCastsOptions {
  readonly database: Database;
  readonly host: string;
  readonly fence: TransactionHook;
  /** Something may be due. */
  onChanged(): void;
}

/** What is done is only there until its callee has forgotten it. */
const openStates = ["dead", "sent", "waiting"] as const;
const bounded = { timeoutMs: 10_000 };
/** Not what it says: a page of that may be many megabytes. */
const listedColumns = [
  ...(["id", "sender", "manager", "operation", "address", "state", "requestId", "attempts", "nextAt"] as const),
  ...(["reason", "lastError", "principal", "terms", "createdAt", "dueAt"] as const),
] as const;

type ListedRow = Pick<CastRow, (typeof listedColumns)[number]>;

/** What operators see and do of the durable casts that one host holds. */
export class OperatedCasts {
  readonly #options: OperatedCastsOptions;

  constructor(options: OperatedCastsOptions) {
    this.#options = options;
  }

  /** Those with ids above `after`, in the order of their ids, `limit` at most. Without a state: all that are not done. */
  async listCasts(
    filter: CastFilter,
    { after = "", limit }: { readonly after: string | undefined; readonly limit: number },
  ): Promise<readonly ListedCast[]> {
    const states: readonly CastState[] = filter.state ? [filter.state] : openStates;
    // Each in the order of an index; of all of them, no more than a few pages.
    const rows = await Promise.all(states.map((state) => this.#page({ ...filter, state }, after, limit)));
    const sorted = rows.flat().sort((a, b) => (a.id < b.id ? -1 : 1));
    return sorted.slice(0, limit).map(listed);
  }

  /**
   * Delivers a dead one again, now: under a new key where its callee has said for certain what became of it, else under its own: it may have been carried out.
   * Resolves when that is committed. Refused for any other state.
   */
  replay(id: string): Promise<CastChange> {
    return this.#change(id, "replayed");
  }

  /** Forgets one that is `waiting` or `dead`; those after it in its lane go on. Resolves with what it was when that is committed. */
  drop(id: string): Promise<CastChange> {
    return this.#change(id, "dropped");
  }

  async #page({ state, manager, operation }: CastFilter, after: string, limit: number): Promise<readonly ListedRow[]> {
    let query = this.#options.database
      .reading(castStore)
      .builders.selectFrom("outbox")
      .select(listedColumns)
      .where("host", "=", this.#options.host)
      .where("state", "=", state!)
      .where("id", ">", after);
    if (manager !== undefined) query = query.where("manager", "=", manager);
    if (operation !== undefined) query = query.where("operation", "=", operation);
    return query.orderBy("id").limit(limit).execute();
  }

  async #change(id: string, event: "replayed" | "dropped"): Promise<CastChange> {
    const { database, fence, onChanged } = this.#options;
    const change = await database.write(async (session): Promise<CastChange> => {
      await fence.begin?.(session);
      const row = await this.#find(session, id);
      const step = row && nextStep(row.state, event, factsOf(row));
      if (!row || !step) return { refused: row?.state };
      await this.#write(session, row, step);
      // Its lane may have handed it on to another host.
      return { cast: listed(event === "dropped" ? row : ((await this.#byId(session, id).executeTakeFirst()) ?? row)) };
    }, bounded);
    if ("cast" in change) onChanged();
    return change;
  }

  async #find(session: Session, id: string): Promise<CastRow | undefined> {
    return this.#byId(session, id).where("host", "=", this.#options.host).executeTakeFirst();
  }

  #byId(session: Session, id: string) {
    return this.#options.database.within(session, castStore).selectFrom("outbox").selectAll().where("id", "=", id);
  }

  async #write(session: Session, row: CastRow, step: CastStep): Promise<void> {
    const within = this.#options.database.within(session, castStore);
    const lanes = lanePlaces(this.#options.database);
    const { id, lane, place } = row;
    const until = keyUntil(row, await session.now());
    if (step.anew && row.address !== null) await within.insertInto("outbox").values(tombstone(row, until)).execute();
    if (step.to === "gone") await within.deleteFrom("outbox").where("id", "=", id).execute();
    else {
      const joined = step.lane === "joins" && lane !== null ? await lanes.next(session, lane) : undefined;
      const changes: Partial<CastRow> = {
        state: step.to,
        nextAt: step.to === "done" ? until : step.to === "waiting" && !joined?.holder ? 0 : null,
        ...(step.address === "free" ? { address: null, store: null } : {}),
        ...(step.anew ? { key: renewed(row), uncertain: false } : {}),
        ...(step.to === "waiting" ? { attempts: 0, waitedMs: 0, absent: false, judged: false } : { input: "" }),
        ...(step.lane === "leaves"
          ? { lane: null, place: null }
          : joined === undefined
            ? {}
            : { place: joined.place, ...joined.holder }),
      };
      await within.updateTable("outbox").set(changes).where("id", "=", id).execute();
    }
    // One that others are before in its lane leaves those after it where they are.
    const first = row.state === "dead" || row.nextAt !== null;
    if (step.lane === "leaves" && first && lane !== null && place !== null) await lanes.advance(session, lane, place);
  }
}

/** What its callee has kept under its key is told to go, as that of a cast that is done. */
function tombstone(row: CastRow, until: number | null): CastRow {
  return { ...row, id: `${row.key}-gone`, state: "done", input: "", nextAt: until, lane: null, place: null };
}

/** Its key with the next number: `01J…`, `01J…-1`, `01J…-2`. */
function renewed({ id, key }: CastRow): string {
  const number = key === id ? 0 : Number(key.slice(id.length + 1));
  return `${id}-${number + 1}`;
}

function listed(row: ListedRow): ListedCast {
  const { id, sender, manager, operation, address, state, requestId, attempts, nextAt, reason, lastError } = row;
  const { principal, terms, createdAt, dueAt } = row;
  return {
    ...{
      id,
      holder: sender,
      manager,
      operation,
      address,
      lane: terms.lane,
      state,
      requestId,
      attempts,
      reason,
      lastError,
    },
    ...{ user: principal.user, tenant: principal.tenant ?? null },
    ...{ createdAt: createdAt.getTime(), dueAt: dueAt ?? createdAt.getTime(), nextAt: nextAt === 0 ? null : nextAt },
  };
}
