import { ReeveError } from "@reeve/contract";
import type { Clock, Finish, Job, OperationContext, Row, Store, StoreDefinition, Work } from "@reeve/runtime";
import type { CreationStatus } from "./creation.ts";
import { isLost, type LostHosts, takeFromGone } from "./lost-hosts.ts";
import { type Placement, place, releasePlace } from "./placement.ts";
import { markUnplaced, type Placeable, type Placing, takeBack } from "./placing.ts";
import { type Known, type KnownRow, known, type TableWith } from "./tables.ts";

/** An address where a resource was not built, and why. */
export interface BuildAttempt {
  readonly address: string;
  readonly why: string;
}

/** How a resource is placed and built. */
export interface PlacedCreation<Built, D extends StoreDefinition = any> {
  readonly placement: Placement;
  /** On how many addresses it is tried: asked before each. */
  readonly maxAttempts: () => number;
  /** Has it built at an address, by a call of the manager there. */
  readonly build: (address: string) => Promise<Built>;
  /** Throws the declared error when every attempt has failed. The row stays, in `error`. */
  readonly failed: (attempts: readonly BuildAttempt[]) => never;
  /** What is done about a host that is gone before it has built it: it is built elsewhere. Default: the host is waited for. */
  readonly lost?: LostHosts<D> | undefined;
}

interface CreatingHandles<D extends StoreDefinition> {
  readonly store: Store<D>;
  readonly work: Pick<Work<D>, "run">;
  readonly clock: Pick<Clock, "now" | "setTimeout" | "clearTimeout">;
}

interface Run<Built> {
  readonly store: Store<Known>;
  readonly table: "resources";
  readonly id: string;
  readonly clock: Pick<Clock, "now" | "setTimeout" | "clearTimeout">;
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

/** With which a call ends whose callee does. */
const ended: ReadonlySet<string> = new Set(["PEER_LOST", "NO_RESPONDERS", "NOT_SERVING"]);
/** Between two looks at a resource whose host has ended. */
const lookEveryMs = 500;
/** How long `place` may take by its contract. */
const longestPlacingMs = 60_000;

/**
 * Places a resource and has it built where it was placed; when a build fails and its host has given the resource back, elsewhere, and
 * never twice at one place. Until a host accepts it, the manager that places it answers for it, and from then on the host does: whoever
 * crashes, somebody's journal has it. A host that is gone for good has its resource taken from it, and it is built elsewhere. (Cinder's scheduler owns what it has handed on, and its restart fails creates that are
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
  creation: PlacedCreation<Built, D>,
): Promise<Built | Row<D, T>> {
  const [rows, name] = known(store, table);
  const run = { store: rows, table: name, id: job.payload.id, clock, ctx, creation };
  const outcome = await work.run<Outcome<Built>>(job, ({ signal }) => tryEach(run, signal));
  if (outcome instanceof Refused) throw outcome.error;
  if (outcome instanceof Failed) return creation.failed(outcome.attempts);
  return outcome;
}

async function tryEach<Built>(run: Run<Built>, signal: AbortSignal): Promise<Finish<any, Outcome<Built>>> {
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
    const outcome = await buildAt(run, address, signal);
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
  run: Run<Built>,
  address: string,
  signal: AbortSignal,
  insteadOf?: string,
): Promise<{ readonly built: Built } | { readonly why: string }> {
  const { id, ctx, creation } = run;
  try {
    return { built: await creation.build(address) };
  } catch (error) {
    const row = await outcomeOf(run, error, signal);
    if (row?.status === "available") return { built: row as Built };
    // One that was asked before, and had not answered, has accepted it after all: whoever accepts it builds it.
    if (row?.status === "creating" && isAnothers(row, address) && insteadOf === undefined)
      return buildAt(run, row.host!, signal, address);
    // Only what its host gave back, leftovers removed, or what was taken from one that is gone may be tried elsewhere.
    if (row?.status !== "creating" || row.host !== null) throw error;
    ctx.log.warn({ id, triedAt: address, err: error }, "the build failed; trying elsewhere");
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

function isAnothers({ host }: KnownRow, address: string): boolean {
  return host !== null && host !== address;
}

/**
 * What has become of a resource whose build failed. Where its host has ended meanwhile, that is seen when it is back, when another of
 * its cluster has taken it over, or when it is gone for good: until then it is waited for, within the deadline of the call.
 */
async function outcomeOf<Built>(
  { store, table, id, ctx, clock, creation }: Run<Built>,
  error: unknown,
  signal: AbortSignal,
): Promise<KnownRow | undefined> {
  for (;;) {
    const row = await store.transaction((tx) => takeBack(tx, table, id));
    if (row?.status !== "creating" || row.host === null) return row;
    if (await isLost(row, creation.lost)) {
      const taken = await store.transaction((tx) => takeFromGone(tx, table, row, creation.lost!));
      if (taken) return taken;
    } else if (!hasEnded(error) || signal.aborted || clock.now() >= ctx.deadlineAt) return row;
    else await pause(clock, signal);
  }
}

function hasEnded(error: unknown): boolean {
  return error instanceof ReeveError && ended.has(error.reason);
}

async function pause(clock: Pick<Clock, "setTimeout" | "clearTimeout">, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimeout(resolve, lookEveryMs);
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  clock.clearTimeout(timer);
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
