import type { Random } from "../base/random.ts";
import type { Session } from "../store/index.ts";
import { type CastChange, changeAfter, keyUntil } from "./cast-changes.ts";
import type { Delivery } from "./cast-event.ts";
import type { CastRows } from "./cast-rows.ts";
import type { CastPlace } from "./cast-sender.ts";
import type { CastRow } from "./cast-store.ts";

interface Planned {
  readonly row: CastRow;
  readonly change: CastChange;
}

/** What one commit of a relay writes. */
export class RelayTurn {
  readonly #rows: CastRows;
  readonly #now: number;
  readonly #random: Random;
  readonly #done = new Map<string, CastRow>();
  readonly #planned: Planned[] = [];
  readonly #taken = new Map<string, { readonly place: CastPlace; readonly rows: CastRow[] }>();
  #forgotten: readonly string[] = [];

  /** @param now by the database's clock */
  constructor(rows: CastRows, now: number, random: Random) {
    this.#rows = rows;
    this.#now = now;
    this.#random = random;
  }

  get empty(): boolean {
    return this.#done.size + this.#planned.length + this.#taken.size + this.#forgotten.length === 0;
  }

  /** Whether the next one of a lane may be due after it. */
  get advances(): boolean {
    const leaves = ({ row, change }: Planned) => change.step.lane === "leaves" && row.lane !== null;
    return this.#planned.some(leaves) || [...this.#done.values()].some(({ lane }) => lane !== null);
  }

  /** When the key of one that this turn has ended may go, 0 for at once; undefined where it is not done. */
  doneUntil(id: string): number | undefined {
    const row = this.#done.get(id);
    return row && (keyUntil(row, this.#now) ?? 0);
  }

  /** A delivery has ended. */
  settle({ row, delivery }: { readonly row: CastRow; readonly delivery: Delivery }): void {
    const change = changeAfter(row, delivery, this.#now, this.#random);
    if (!change) return;
    if (change.step.to === "done") this.#done.set(row.id, row);
    else this.#planned.push({ row, change });
  }

  /** One that is due goes there; nowhere, where nobody is. */
  place(row: CastRow, found: CastPlace | Delivery | undefined): void {
    if (found && "address" in found) {
      const key = JSON.stringify([found.address, found.store]);
      const group = this.#taken.get(key);
      if (group) group.rows.push(row);
      else this.#taken.set(key, { place: found, rows: [row] });
      return;
    }
    const told = found?.event === "barred" || found?.event === "absent";
    const change = changeAfter(row, told ? found : nobodyFor(row), this.#now, this.#random)!;
    this.#planned.push({ row, change });
  }

  forget(ids: readonly string[]): void {
    this.#forgotten = [...ids];
  }

  /** Resolves with what it has taken, as it is now. */
  async write(session: Session): Promise<readonly CastRow[]> {
    const rows = this.#rows;
    const byEnd = Map.groupBy(this.#done.values(), (row) => keyUntil(row, this.#now));
    for (const [until, done] of byEnd)
      await rows.finish(
        session,
        done.map(({ id }) => id),
        until,
      );
    for (const row of this.#done.values()) await this.#leave(session, row);
    for (const { row, change } of this.#planned) {
      if (!(await rows.change(session, row.id, row.state, change.changes))) continue;
      if (change.step.lane === "leaves") await this.#leave(session, row);
    }
    if (this.#forgotten.length > 0) await rows.forget(session, this.#forgotten);
    const taken: CastRow[] = [];
    for (const { place, rows: wanted } of this.#taken.values())
      taken.push(...(await this.#take(session, place, wanted)));
    return taken;
  }

  async #leave(session: Session, { lane, place }: CastRow): Promise<void> {
    if (lane !== null && place !== null) await this.#rows.lanes.advance(session, lane, place);
  }

  async #take(
    session: Session,
    { address, store }: CastPlace,
    wanted: readonly CastRow[],
  ): Promise<readonly CastRow[]> {
    const first: CastRow[] = [];
    for (const row of wanted) {
      const place = await this.#joined(session, row);
      if (place !== undefined) first.push({ ...row, place });
    }
    if (first.length === 0) return [];
    const ids = first.map(({ id }) => id);
    const taken = await this.#rows.take(session, ids, { address, store });
    return first
      .filter(({ id }) => taken.has(id))
      .map((row) => ({ ...row, address, store, state: "sent" as const, nextAt: null, attempts: row.attempts + 1 }));
  }

  /** A timer joins its lane when it is due; undefined where others are before it. */
  async #joined(session: Session, row: CastRow): Promise<number | null | undefined> {
    const { id, lane, place } = row;
    if (lane === null || place !== null) return place;
    const { place: joined, holder } = await this.#rows.lanes.next(session, lane);
    const changes = holder ? { place: joined, nextAt: null, ...holder } : { place: joined };
    const changed = await this.#rows.change(session, id, "waiting", changes);
    return changed && !holder ? joined : undefined;
  }
}

/** Says what it waits for: members of another major are nobody to it. */
function nobodyFor({ manager, major, address, at }: CastRow): Delivery {
  const where = address ?? at;
  const whom = `${manager} of version ${major}.x${where === null ? "" : ` at ${where}`}`;
  return { event: "absent", reason: "NO_RESPONDERS", message: `nobody is there to take it: it waits for ${whom}` };
}
