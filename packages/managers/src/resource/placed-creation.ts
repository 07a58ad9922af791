import { ReeveError } from "@reeve/contract";
import type { Clock, Finish, Job, OperationContext, Row, Store, StoreDefinition, Work } from "@reeve/runtime";
import type { CreationStatus } from "./creation.ts";
import { type Placement, place, releasePlace } from "./placement.ts";
import { markUnplaced, type Placeable, type Placing, takeBack } from "./placing.ts";
import { type Known, known, type TableWith } from "./tables.ts";

/** An address where a resource was not built, and why. */
export interface BuildAttempt {
  readonly address: string;
  readonly why: string;
}

/** How a resource is placed and built. */
export interface PlacedCreation<Built> {
  readonly placement: Placement;
  /** On how many addresses it is tried: asked before each. */
  readonly maxAttempts: () => number;
  /** Has it built at an address, by a call of the manager there. */
  readonly build: (address: string) => Promise<Built>;
  /** Throws the declared error when every attempt has failed. The row stays, in `error`. */
  readonly failed: (attempts: readonly BuildAttempt[]) => never;
}

interface CreatingHandles<D extends StoreDefinition> {
  readonly store: Store<D>;
  readonly work: Pick<Work<D>, "run">;
  readonly clock: Pick<Clock, "now">;
}

interface Run<Built> {
  readonly store: Store<Known>;
  readonly table: "resources";
  readonly id: string;
  readonly clock: Pick<Clock, "now">;
  readonly ctx: Pick<OperationContext, "ref" | "log" | "idempotencyKey" | "deadlineAt">;
  readonly creation: PlacedCreation<Built>;
}

/** Nothing was made anywhere. */
class Refused {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** Every attempt has failed. */
class Failed {
  readonly attempts: readonly BuildAttempt[];

  constructor(attempts: readonly BuildAttempt[]) {
    this.attempts = attempts;
  }
}

/** What was built is the answer as it is: it is kept for the idempotency key in the commit that ends the work. */
type Outcome<Built> = Built | Refused | Failed;

/** How long `place` may take by its contract. */
const longestPlacingMs = 60_000;

/**
 * Places a resource and has it built where it was placed; when a build fails and its host has given the resource back, elsewhere, and
 * never twice at one place. Until a host accepts it, the manager that places it answers for it, and from then on the host does: whoever
 * crashes, somebody's journal has it. (Cinder's scheduler owns what it has handed on, and its restart fails creates that are
 * under way.)
 *
 * @param job begun with `placing` in the transaction that inserted the row, `creating` and without a host
 * @throws the scheduler's refusal when nothing was tried, and the row is gone then; what `failed` throws; what the last build threw while its
 * host still answers for the resource
 * @example
 * ```ts
 * return placeAndBuild(handles, "volumes", job, ctx, {
 *   placement: { manager: volumes.name, request: id, needs: { sizeGiB } },
 *   maxAttempts: () => config.current.maxAttempts,
 *   build: (address) => ctx.ref(volumes).at(address).build({ id }),
 *   failed: (attempts) => ctx.fail("BUILD_FAILED", { id, attempts: [...attempts] }),
 * });
 * ```
 */
export async function placeAndBuild<
  D extends StoreDefinition,
  T extends TableWith<D, Placeable, CreationStatus>,
  Built extends object,
>(
  { store, work, clock }: CreatingHandles<D>,
  table: T,
  job: Job<Placing>,
  ctx: Run<Built>["ctx"],
  creation: PlacedCreation<Built>,
): Promise<Built | Row<D, T>> {
  const [rows, name] = known(store, table);
  const run = { store: rows, table: name, id: job.payload.id, clock, ctx, creation };
  const outcome = await work.run<Outcome<Built>>(job, () => tryEach(run));
  if (outcome instanceof Refused) throw outcome.error;
  if (outcome instanceof Failed) return creation.failed(outcome.attempts);
  return outcome;
}

async function tryEach<Built>(run: Run<Built>): Promise<Finish<any, Outcome<Built>>> {
  const { id, ctx, creation } = run;
  const attempts: BuildAttempt[] = [];
  while (attempts.length < creation.maxAttempts()) {
    const tried = attempts.map(({ address }) => address);
    let address: string;
    try {
      address = await place(ctx, creation.placement, tried, placingMs(run));
    } catch (refused) {
      if (attempts.length > 0) break;
      if (refused instanceof ReeveError && refused.outcome === "maybe-executed") releasePlace(ctx, id);
      return withdraw(run, refused);
    }
    const outcome = await buildAt(run, address);
    if ("built" in outcome) return () => outcome.built;
    attempts.push({ address, why: outcome.why });
  }
  releasePlace(ctx, id);
  return giveUp(run, attempts);
}

/**
 * What is made goes on when its caller leaves, but nothing has been made yet: no host is waited for on behalf of a caller that
 * would ask anew. One with a key asks for this very resource.
 */
function placingMs({ ctx: { idempotencyKey, deadlineAt }, clock }: Run<unknown>): number | undefined {
  const leftMs = Math.max(1, Math.ceil(deadlineAt - clock.now()));
  return idempotencyKey === undefined && leftMs < longestPlacingMs ? leftMs : undefined;
}

async function buildAt<Built>(
  { store, table, id, ctx, creation }: Run<Built>,
  address: string,
): Promise<{ readonly built: Built } | { readonly why: string }> {
  try {
    return { built: await creation.build(address) };
  } catch (error) {
    const row = await store.transaction((tx) => takeBack(tx, table, id));
    if (row?.status === "available") return { built: row as Built };
    // Only what its host gave back, leftovers removed, may be tried elsewhere: one resource, one place.
    if (row?.status !== "creating" || row.host !== null) throw error;
    ctx.log.warn({ id, triedAt: address, err: error }, "the build failed; trying elsewhere");
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

function withdraw({ table, id }: Run<unknown>, refused: unknown): Finish<any, Refused> {
  return async (tx) => {
    const [rows] = known(tx, table);
    const unplaced = rows.deleteFrom(table).where("id", "=", id).where("status", "=", "creating");
    await unplaced.where("host", "is", null).execute();
    return new Refused(refused);
  };
}

function giveUp({ table, id }: Run<unknown>, attempts: readonly BuildAttempt[]): Finish<any, Failed> {
  const message = attempts.map(({ address, why }) => `${address}: ${why}`).join("; ");
  return async (tx) => {
    await markUnplaced(...known(tx, table), id, { reason: "FAILED", message });
    return new Failed(attempts);
  };
}
