import { driverFailureOf } from "@reeve/driver-sdk/internal";
import type { Finish, Job, RecoveryContext, Store, StoreDefinition } from "@reeve/runtime";
import { type FailureInfo, failureOf } from "./failure-info.ts";
import { changeIf, deleteIf } from "./status.ts";
import { known, type Staged, type TableWith } from "./tables.ts";

/**
 * What a resource has that is made as {@link recoverCreation} has it: its `status` goes from `creating` to `available` or `error`. One that
 * has a `host` as well is made there, and is nobody's when it could not be.
 */
export interface Creatable extends Staged {
  readonly fault: FailureInfo<string> | null;
}

/** What the driver knows of a resource that was left in the making. It is there whole or not at all. */
export interface LeftBehind {
  /** Whether it is there. */
  exists(signal: AbortSignal): Promise<boolean>;
  /** Removes what is left of one that is not there whole. */
  remove(signal: AbortSignal): Promise<unknown>;
}

/** The statuses that a creation goes through. */
export type CreationStatus = "creating" | "available" | "error";

export interface CreationOptions {
  /** The caller was told of an id, or will be, or builds it elsewhere: a row that could not be made stays, in `error`. Default false. */
  readonly keepRow?: boolean | undefined;
  /** What rows name as the host of what is made here, where that is not the address: a cluster's. Default: the job's address. */
  readonly home?: string | undefined;
}

/**
 * Settles a creation that a crash or a failure interrupted. A resource that is there is `available`. What is left of one that is not
 * is removed; its row is in `error` and tells why. The row goes where the driver could not make it *now*: the caller has been told
 * so and may ask again, and each try would leave a row that takes its part of the quota. A row that somebody else has changed in
 * the meantime, or that another host has, is left as it is.
 *
 * @throws what `exists` and `remove` throw: it is tried again then
 * @example
 * ```ts
 * recover: {
 *   "slot.creating": (job, context) =>
 *     recoverCreation(store, "slots", job, context, {
 *       exists: async (signal) => (await driver.list({ signal })).some(({ id }) => id === job.resource),
 *       remove: (signal) => driver.delete({ id: job.resource }, { signal }),
 *     }),
 * },
 * ```
 */
export async function recoverCreation<D extends StoreDefinition, T extends TableWith<D, Creatable, CreationStatus>>(
  store: Store<D>,
  table: T,
  job: Job,
  context: RecoveryContext,
  { exists, remove }: LeftBehind,
  { keepRow = false, home = job.address }: CreationOptions = {},
): Promise<Finish<D, unknown> | undefined> {
  const id = job.resource;
  const [rows, name] = known(store, table);
  const row = await rows.find(name, id);
  const hosted = row?.host !== undefined;
  if (row?.status !== "creating" || (hosted && row.host !== job.address && row.host !== home)) return;
  if (await exists(context.signal))
    return (tx) => changeIf(...known(tx, table), id, "creating", { status: "available" });
  await remove(context.signal);
  if (!keepRow && isPassing(context.error)) return (tx) => deleteIf(...known(tx, table), id, "creating");
  const changes = { status: "error", fault: failureOf(job, context), ...(hosted && { host: null }) };
  return (tx) => changeIf(...known(tx, table), id, "creating", changes);
}

/** By the driver's own word it could not do it now. */
function isPassing(error: unknown): boolean {
  const failure = driverFailureOf(error);
  return failure?.error.reason === "DRIVER_FAILED" && failure.passing;
}
