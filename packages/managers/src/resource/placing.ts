import { reeveError } from "@reeve/contract";
import type {
  Finish,
  Job,
  RecoveryContext,
  Row,
  RowChanges,
  Store,
  StoreDefinition,
  Transaction,
} from "@reeve/runtime";
import type { Creatable, CreationStatus } from "./creation.ts";
import type { FailureInfo } from "./failure-info.ts";
import { isLost, type LostHosts, takeFromGone } from "./lost-hosts.ts";
import { releasePlace } from "./placement.ts";
import { changeIf } from "./status.ts";
import { asRow, type Known, type KnownRow, known, nounOf, type Owned, type TableWith } from "./tables.ts";
import { type OnBehalf, reachableRow } from "./tenancy.ts";

/** What a resource has that is placed: it is `creating` without a `host` until one has accepted it. */
export interface Placeable extends Creatable {
  readonly host: string | null;
}

/** What the journal remembers of a resource that is being placed. */
export interface Placing {
  readonly id: string;
}

/**
 * What `work.begin` is given for a resource that is to be placed. The resource's own id is left for the work of the host that
 * builds it.
 *
 * @example
 * ```ts
 * return work.begin(tx, "volume.placing", ...placing(id));
 * ```
 */
export function placing(id: string): [resource: string, payload: Placing, options: { readonly keyStandsFor: string }] {
  return [`placing:${id}`, { id }, { keyStandsFor: id }];
}

/** On whose behalf a resource is accepted, and how that is refused: the context of an operation that declares `WRONG_STATUS`. */
export interface AcceptingContext extends OnBehalf {
  fail(reason: "WRONG_STATUS", data: { readonly status: string }): never;
}

/** A resource whose host this is. */
export interface Accepted<R> {
  readonly row: R;
  /** False when it had been built here already. */
  readonly accepted: boolean;
}

/**
 * Accepts a resource that was placed here: the transaction that names this host also begins the work, and from there on this
 * manager answers for the resource. Of several that accept it at once, one does.
 *
 * @throws ReeveError `ROW_NOT_FOUND`; the declared `WRONG_STATUS` when another host has accepted it, or nobody waits for it any more
 * @example
 * ```ts
 * const { row, accepted } = await acceptPlaced(tx, "slots", id, address, ctx);
 * return { row, job: accepted ? await work.begin(tx, "slot.creating", id) : undefined };
 * ```
 */
export async function acceptPlaced<
  D extends StoreDefinition,
  T extends TableWith<D, Owned & Placeable, CreationStatus>,
>(tx: Transaction<D>, table: T, id: string, address: string, ctx: AcceptingContext): Promise<Accepted<Row<D, T>>> {
  const [any, name] = known(tx, table);
  const row = await reachableRow(any, name, id, ctx);
  const { status, host } = row;
  if (status === "available" && host === address) return { row: asRow(row), accepted: false };
  const taken = await whileUnplaced(any, name, id, { host: address });
  return taken ? { row: asRow(taken), accepted: true } : ctx.fail("WRONG_STATUS", { status });
}

/**
 * Settles a placement whose manager crashed. A resource that no host has accepted is in `error`, and then its place is given
 * back: from then on no host accepts it, and what was reserved is nobody's. One that a host has accepted is the answer to the call that
 * asked for it, once that host has built it; until then this is tried again. From a host that is gone it is taken.
 *
 * @throws ReeveError `BUSY` while its host builds it
 * @example
 * ```ts
 * recover: { "volume.placing": (job, ctx) => recoverPlacing(store, "volumes", job, ctx) },
 * ```
 */
export async function recoverPlacing<D extends StoreDefinition, T extends TableWith<D, Placeable, CreationStatus>>(
  store: Store<D>,
  table: T,
  { payload: { id }, address }: Job<Placing>,
  ctx: RecoveryContext,
  lost?: LostHosts<D>,
): Promise<Finish<D, Row<D, T> | undefined> | undefined> {
  const [rows, name] = known(store, table);
  if (await interrupt(rows, name, { id, placer: address }, lost)) {
    releasePlace(ctx, id);
    return;
  }
  return async (tx) => {
    const [any] = known(tx, table);
    const row = await any.find(name, id);
    if (row?.status === "creating") throw stillBuilt(name, row);
    return row && row.status !== "error" ? asRow(row) : undefined;
  };
}

interface Interrupted {
  readonly id: string;
  /** Who placed it. */
  readonly placer: string;
}

/**
 * Puts a resource into `error` whose placing has stopped, if no host has accepted it or that host is gone. False when a host
 * has it, or had.
 */
export async function interrupt(
  store: Store<Known>,
  table: "resources",
  { id, placer }: Interrupted,
  lost: LostHosts<any> | undefined,
): Promise<boolean> {
  const found = await store.find(table, id);
  const gone = found && (await isLost(found, lost)) ? found : undefined;
  const fault = { reason: "INTERRUPTED", message: `the manager at ${placer} stopped placing it` };
  return store.transaction(async (tx) => {
    if (gone) await takeFromGone(tx, table, gone, lost!);
    return markUnplaced(tx, table, id, fault);
  });
}

/** A host that has accepted the resource answers for it, not the manager that placed it. False when one has. */
export async function markUnplaced(
  tx: Transaction<Known>,
  table: "resources",
  id: string,
  fault: FailureInfo<string>,
): Promise<boolean> {
  const row = (await whileUnplaced(tx, table, id, { status: "error", fault })) ?? (await tx.find(table, id));
  return !row || row.host === null;
}

/** Changes a resource that waits for a host, in one statement: a host may accept it at the same time. Undefined when it waits no more. */
function whileUnplaced(
  tx: Transaction<Known>,
  table: "resources",
  id: string,
  changes: RowChanges<Known, "resources">,
): Promise<KnownRow | undefined> {
  const waiting = tx.updateTable(table).set(changes).where("id", "=", id).where("status", "=", "creating");
  return waiting.where("host", "is", null).returningAll().executeTakeFirst();
}

/** The resource as it is after a build that failed; one that its host gave back is to be placed again. */
export async function takeBack(tx: Transaction<Known>, table: "resources", id: string): Promise<KnownRow | undefined> {
  const row = await tx.find(table, id);
  if (row?.status !== "error" || row.host !== null) return row;
  return changeIf(tx, table, id, "error", { status: "creating", fault: null });
}

function stillBuilt(table: string, { id, host }: KnownRow): Error {
  return reeveError("BUSY", `${nounOf(table)} ${id} is still made by ${host}`, { data: { resource: id } });
}
