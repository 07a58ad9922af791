import type { Context, Store, StoreDefinition } from "@reeve/runtime";
import type { Measurement } from "@reeve/runtime/capability";
import { scheduler } from "../scheduler/contract.ts";
import type { Placeable } from "./placing.ts";
import { type Known, known, type TableWith } from "./tables.ts";

/** What a manager's confirmations need of its handles. */
export interface ConfirmingHandles<D extends StoreDefinition> {
  readonly store: Store<D>;
  readonly address: string;
  /** Where rows name the cluster as their host. */
  readonly cluster?: string | undefined;
  readonly capabilities: { visibleFrom(): Measurement };
}

/** More than a manager builds at once; further ones are left to the end of their reservations. */
const most = 256;
const brief = { timeout: "5s" } as const;

/**
 * The resources that were placed here and whose placement the schedulers have not confirmed. A confirmation is asked for again
 * until it is answered: what a report counts and does not name would be counted beside its reservation until that ends. Call
 * {@link retry} from a periodic task while {@link waiting}, and have reports name what is {@link unconfirmed}.
 *
 * @example
 * ```ts
 * const placed = new PlacementConfirmations(handles, "volumes");
 * const periodic = { confirmPlaces: { every: "5s", enabled: () => placed.waiting, run: (ctx) => placed.retry(ctx) } };
 * ```
 */
export class PlacementConfirmations<D extends StoreDefinition, T extends TableWith<D, Placeable>> {
  readonly #handles: ConfirmingHandles<D>;
  readonly #rows: readonly [Store<Known>, "resources"];
  /** From which measurement on each is shown; undefined where that is not known. */
  readonly #unconfirmed = new Map<string, Measurement | undefined>();
  /** The last that were made here, confirmed or not: their reservations may still count. */
  readonly #made = new Set<string>();

  constructor(handles: ConfirmingHandles<D>, table: T) {
    this.#handles = handles;
    this.#rows = known(handles.store, table);
  }

  /** Whether some placements are not confirmed yet. */
  get waiting(): boolean {
    return this.#unconfirmed.size > 0;
  }

  /** Their ids, as of now. */
  get unconfirmed(): readonly string[] {
    return [...this.#unconfirmed.keys()];
  }

  /** The resource is there, whatever its reservation. Nobody waits for the answer. */
  made(ctx: Context, id: string): void {
    const visibleFrom = this.#handles.capabilities.visibleFrom();
    this.#remember(id, visibleFrom);
    this.#made.add(id);
    const [oldest] = this.#made;
    if (this.#made.size > most && oldest !== undefined) this.#made.delete(oldest);
    this.#confirm(ctx, id, visibleFrom).catch((err: unknown) => {
      ctx.log.debug({ id, err }, "the placement could not be confirmed; it is tried again");
    });
  }

  /**
   * The resource is there no longer. No measurement need have shown it, and none shows it from now on: where measuring is slow, its
   * reservation would stand for something that is gone. Nobody waits for the answer.
   */
  gone(ctx: Context, id: string): void {
    if (!this.#made.delete(id)) return;
    this.#release(ctx, id).catch((err: unknown) => {
      ctx.log.debug({ id, err }, "the placement could not be released; it ends by itself");
    });
  }

  /** Its making has begun here, or was begun by a life before; whether it is there is looked up before it is confirmed. */
  accepted(id: string): void {
    this.#remember(id, undefined);
  }

  /** Confirms what is there, and gives back the room of what is not held here any more. */
  async retry(ctx: Context): Promise<void> {
    const { address, cluster, capabilities } = this.#handles;
    const [store, table] = this.#rows;
    const waiting = [...this.#unconfirmed];
    const rows = await store
      .selectFrom(table)
      .select(["id", "status", "host"])
      .where(
        "id",
        "in",
        waiting.map(([id]) => id),
      )
      .execute();
    const found = new Map(rows.map((row) => [row.id, row]));
    for (const [id, visibleFrom] of waiting) {
      const row = found.get(id);
      if (!row) await this.#release(ctx, id);
      // Elsewhere its reservation is another host's.
      else if (row.host !== (cluster ?? address)) this.#unconfirmed.delete(id);
      else if (row.status !== "creating") await this.#confirm(ctx, id, visibleFrom ?? capabilities.visibleFrom());
    }
  }

  #remember(id: string, visibleFrom: Measurement | undefined): void {
    this.#unconfirmed.set(id, visibleFrom);
    const [oldest] = this.#unconfirmed.keys();
    if (this.#unconfirmed.size > most && oldest !== undefined) this.#unconfirmed.delete(oldest);
  }

  async #confirm(ctx: Context, id: string, visibleFrom: Measurement): Promise<void> {
    await ctx.ref(scheduler).confirm({ request: id, visibleFrom }, brief);
    this.#unconfirmed.delete(id);
  }

  async #release(ctx: Context, id: string): Promise<void> {
    await ctx.ref(scheduler).release({ request: id }, brief);
    this.#unconfirmed.delete(id);
  }
}
