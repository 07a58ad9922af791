import type { Database, Session, TransactionHook } from "../store/index.ts";
import { factsOf } from "./cast-changes.ts";
import { type CastEvent, type CastState, nextStep } from "./cast-rules.ts";
import { type CastRow, castStore } from "./cast-store.ts";
import { lanePlaces } from "./lane-places.ts";

/** A durable cast, as an operator sees it: not what it says, nor on whose behalf. */
export interface ListedCast
  extends Pick<
    CastRow,
    | "id"
    | "sender"
    | "manager"
    | "major"
    | "operation"
    | "at"
    | "address"
    | "state"
    | "attempts"
    | "reason"
    | "lastError"
  > {
  readonly createdAt: Date;
  /** By the database's clock; undefined where it was due at once. */
  readonly dueAt: Date | undefined;
}

export interface CastPage {
  readonly casts: readonly ListedCast[];
  /** Where the next page begins; undefined after the last one. */
  readonly next: string | undefined;
}

/** What came of an operator's wish. */
export interface CastVerdict {
  /** As it was; undefined where there is none of this id. */
  readonly cast: ListedCast | undefined;
  /** Whether it was done: in the state that it has, it may not be possible. */
  readonly done: boolean;
}

interface Wanted {
  /** Default: all that are not done, dead ones first. */
  readonly state?: CastState | undefined;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface OperatedCastsOptions {
  readonly database: Database;
  readonly host: string;
  readonly fence: TransactionHook;
  /** Something may be due. */
  onChanged(): void;
}

const shownStates = ["dead", "sent", "waiting"] as const;
const bounded = { timeoutMs: 10_000 };
const columns = [
  ...(["id", "sender", "manager", "major", "operation", "at", "address", "state", "attempts"] as const),
  ...(["reason", "lastError", "createdAt", "dueAt"] as const),
] as const;

/** What operators see and do of the durable casts that one host holds. */
export class OperatedCasts {
  readonly #options: OperatedCastsOptions;

  constructor(options: OperatedCastsOptions) {
    this.#options = options;
  }

  /** One page of them, in order of their making within each state. A cursor that is none begins anew. */
  async list({ state, cursor = "", limit }: Wanted): Promise<CastPage> {
    const [from, after = ""] = cursor.split(" ") as [string, string?];
    const states: readonly CastState[] = state ? [state] : shownStates;
    const first = Math.max(0, states.indexOf(from as CastState));
    const casts: ListedCast[] = [];
    for (const one of states.slice(first)) {
      const room = limit + 1 - casts.length;
      if (room > 0) casts.push(...(await this.#page(one, one === from ? after : "", room)));
    }
    const page = casts.slice(0, limit);
    const last = page.at(-1);
    return { casts: page, next: last && casts.length > limit ? `${last.state} ${last.id}` : undefined };
  }

  /** Tries a dead one again: under its key where it may have been carried out, else as a new one. */
  replay(id: string): Promise<CastVerdict> {
    return this.#change(id, "replayed");
  }

  /** Gives up one that is dead or waits. Those after it in its lane go on. */
  drop(id: string): Promise<CastVerdict> {
    return this.#change(id, "dropped");
  }

  async #page(state: CastState, after: string, limit: number): Promise<readonly ListedCast[]> {
    const rows = await this.#options.database
      .reading(castStore)
      .builders.selectFrom("outbox")
      .select(columns)
      .where("host", "=", this.#options.host)
      .where("state", "=", state)
      .where("id", ">", after)
      .orderBy("id")
      .limit(limit)
      .execute();
    return rows.map(listed);
  }

  async #change(id: string, event: CastEvent): Promise<CastVerdict> {
    const { database, fence, onChanged } = this.#options;
    const verdict = await database.write(async (session) => {
      await fence.begin?.(session);
      const row = await this.#find(session, id);
      const step = row && nextStep(row.state, event, factsOf(row));
      if (!row || !step) return { cast: row && listed(row), done: false };
      await this.#write(session, row, event);
      return { cast: listed(row), done: true };
    }, bounded);
    if (verdict.done) onChanged();
    return verdict;
  }

  async #find(session: Session, id: string): Promise<CastRow | undefined> {
    const { database, host } = this.#options;
    const found = database.within(session, castStore).selectFrom("outbox").selectAll();
    return found.where("id", "=", id).where("host", "=", host).executeTakeFirst();
  }

  async #write(session: Session, row: CastRow, event: CastEvent): Promise<void> {
    const step = nextStep(row.state, event, factsOf(row))!;
    const within = this.#options.database.within(session, castStore);
    const lanes = lanePlaces(this.#options.database);
    const { id, lane, place } = row;
    if (step.anew && row.address !== null) await within.insertInto("outbox").values(tombstone(row)).execute();
    if (step.to === "gone") await within.deleteFrom("outbox").where("id", "=", id).execute();
    else {
      const joined = step.lane === "joins" && lane !== null ? await lanes.next(session, lane) : undefined;
      const changes: Partial<CastRow> = {
        state: step.to,
        nextAt: step.to === "waiting" && !joined ? 0 : null,
        ...(step.address === "free" ? { address: null, store: null } : {}),
        ...(step.anew ? { key: renewed(row), uncertain: false } : {}),
        ...(step.to === "waiting" ? { attempts: 0, waitedMs: 0, absent: false } : { input: "" }),
        ...(step.lane === "leaves" ? { lane: null, place: null } : joined === undefined ? {} : { place: joined }),
      };
      await within.updateTable("outbox").set(changes).where("id", "=", id).execute();
    }
    // One that others are before in its lane leaves those after it where they are.
    const first = row.state === "dead" || row.nextAt !== null;
    if (step.lane === "leaves" && first && lane !== null && place !== null) await lanes.advance(session, lane, place);
  }
}

/** What its callee has kept under its key is told to go, as that of a cast that is done. */
function tombstone(row: CastRow): CastRow {
  return { ...row, id: `${row.key}-gone`, state: "done", input: "", nextAt: null, lane: null, place: null };
}

/** Its key with the next number: `01J…`, `01J…-1`, `01J…-2`. */
function renewed({ id, key }: CastRow): string {
  const number = key === id ? 0 : Number(key.slice(id.length + 1));
  return `${id}-${number + 1}`;
}

function listed(row: Pick<CastRow, (typeof columns)[number]>): ListedCast {
  const { dueAt, createdAt, ...rest } = row;
  const { id, sender, manager, major, operation, at, address, state, attempts, reason, lastError } = rest;
  return {
    ...{ id, sender, manager, major, operation, at, address, state, attempts, reason, lastError, createdAt },
    dueAt: dueAt === null ? undefined : new Date(dueAt),
  };
}
