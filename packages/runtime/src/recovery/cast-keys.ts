import { reeveError } from "@reeve/contract";
import type { Registration } from "../registry/index.ts";
import { castKeyOf, maxAcknowledgedCasts } from "../rpc/cast-key.ts";
import { type IdempotencyKey, keyText } from "../rpc/idempotency-key.ts";
import type { Database } from "../store/index.ts";
import type { Counter } from "../telemetry/counters.ts";
import { CastRoom } from "./cast-room.ts";
import type { KeyRows } from "./key-rows.ts";
import type { KeyRow } from "./key-store.ts";
import { RecentKeys } from "./recent-keys.ts";

export interface CastKeysOptions {
  readonly database: Database;
  readonly registration: Registration;
  readonly rows: KeyRows;
  /** Counts acknowledged ids under which no cast of their caller is kept. Default: nobody counts. */
  readonly unknown?: Counter | undefined;
  /** Keys kept for one caller. Default 10,000. */
  readonly perCaster?: number | undefined;
}

interface Acknowledged {
  readonly caster: string;
  readonly ids: readonly string[];
  readonly dropped: () => void;
  readonly failed: (error: unknown) => void;
}

const bounded = { timeoutMs: 10_000 };
/**
 * Of keys that went, so many are known for a while. A copy of a delivery may come later than the acknowledgement, though
 * not later than its own deadline, and must not run: it would be the second effect of its cast.
 */
const rememberedKeys = 65_536;
/** Twice in the same table: as what no late copy may run under, and as what may be acknowledged again. */
const rememberedTexts = 2 * rememberedKeys;

/**
 * The keys of durable casts: they are kept, without an end, until whoever delivered a cast says that it keeps it no more.
 * Acknowledgements that come while others are written share the next commit.
 */
export class CastKeys {
  readonly #options: CastKeysOptions;
  readonly #room: CastRoom;
  readonly #recent = new RecentKeys(rememberedTexts);
  #waiting: Acknowledged[] = [];
  #writing = false;

  constructor(options: CastKeysOptions) {
    const { rows, registration, perCaster } = options;
    this.#options = options;
    this.#room = new CastRoom((caster) => rows.countOf(registration.manager, caster), perCaster);
  }

  /**
   * Drops the keys of casts that `caster` keeps no more. Resolves when that is committed; what is not its own, or not there, is
   * counted and changes nothing.
   *
   * @throws ReeveError the store's: nothing was dropped, or nobody knows
   */
  acknowledge(caster: string, ids: readonly string[]): Promise<void> {
    return new Promise((dropped, failed) => {
      this.#waiting.push({ caster, ids, dropped, failed });
      if (!this.#writing) void this.#write();
    });
  }

  /**
   * Whether a cast under a new key may run.
   *
   * @throws ReeveError `INTERRUPTED` for a late copy of one that was acknowledged; `CASTS_FULL`
   */
  async admit(id: IdempotencyKey, caster: string): Promise<void> {
    if (this.#recent.has(keyText(id))) throw acknowledgedBefore(id);
    await this.#room.require(caster);
  }

  /** Somebody else delivers it now, as whoever takes over an outbox does: the acknowledgement will be that one's. */
  async handOver({ caster: former, ...row }: KeyRow, caster: string): Promise<void> {
    if (former === caster) return;
    const { database, registration, rows } = this.#options;
    await database.write(async (session) => {
      await registration.fence.begin?.(session);
      await rows.update(session, row, { caster });
    }, bounded);
  }

  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#drop(batch);
        for (const { dropped } of batch) dropped();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#writing = false;
  }

  async #drop(batch: readonly Acknowledged[]): Promise<void> {
    const { database, registration, rows, unknown } = this.#options;
    const { manager, fence } = registration;
    const byCaster = Map.groupBy(batch, ({ caster }) => caster);
    const gone = await database.write(async (session) => {
      await fence.begin?.(session);
      const deleted: (IdempotencyKey & { readonly caster: string })[] = [];
      for (const [caster, all] of byCaster) {
        const keys = all.flatMap(({ ids }) => ids.map(castKeyOf));
        for (let at = 0; at < keys.length; at += maxAcknowledgedCasts)
          for (const id of await rows.deleteCasts(session, manager, caster, keys.slice(at, at + maxAcknowledgedCasts)))
            deleted.push({ ...id, caster });
      }
      return deleted;
    }, bounded);
    const told = new Set(batch.flatMap(({ caster, ids }) => ids.map((id) => acknowledgement(caster, castKeyOf(id)))));
    for (const { caster, ...id } of gone) {
      this.#recent.add(keyText(id));
      this.#recent.add(acknowledgement(caster, id.key));
      this.#room.released(caster);
    }
    // A delivery that failed is repeated with what it acknowledged.
    const wrong = [...told].filter((text) => !this.#recent.has(text)).length;
    if (wrong > 0) unknown?.add(wrong);
  }
}

/** Told from the texts of keys, which begin with a bracket. */
function acknowledgement(caster: string, key: string): string {
  return `${caster} ${key}`;
}

function acknowledgedBefore({ operation, key }: IdempotencyKey): Error {
  return reeveError(
    "INTERRUPTED",
    `"${operation}": its caller has acknowledged "${key}" already: this is a late copy of a cast that was carried out`,
  );
}
