import { ReeveError } from "@reeve/contract";
import type { Finish, Job, Store, StoreDefinition, TableName } from "@reeve/runtime";
import type { FailureInfo } from "./failure-info.ts";
import { changeIf, deleteIf } from "./status.ts";
import { known, type Staged, type TableWith, type ValueOf } from "./tables.ts";

/** What a resource has that is deleted as {@link recoverDeletion} has it: `status` goes by `deleting`, and may be `error`. */
export interface Deletable extends Staged {
  readonly fault: FailureInfo<string> | null;
}

/** How a resource was when its deletion began: what the journal remembers of it. */
export interface BeforeDeletion<D extends StoreDefinition, T extends TableName<D>> {
  readonly was: ValueOf<D, T, "status">;
  readonly fault: ValueOf<D, T, "fault">;
}

/**
 * Carries through a deletion that a crash or a failure interrupted: after the resource itself, its row goes. When the driver never
 * will, the row is as it was if the driver declined, because something depends on the resource, and else in `error`. A row that
 * somebody else has changed in the meantime is left as it is.
 *
 * @param remove removes the resource; succeeds when it is gone
 * @throws what `remove` throws, when another try is worth it, as when the driver was away
 * @example
 * ```ts
 * recover: {
 *   "slot.deleting": (job, { signal }) =>
 *     recoverDeletion(store, "slots", job, () => driver.delete({ id: job.resource }, { signal })),
 * },
 * ```
 */
export async function recoverDeletion<
  D extends StoreDefinition,
  T extends TableWith<D, Deletable, "deleting" | "error">,
>(
  store: Store<D>,
  table: T,
  job: Job<BeforeDeletion<D, T>>,
  remove: () => Promise<unknown>,
): Promise<Finish<D, unknown> | undefined> {
  const id = job.resource;
  const [rows, name] = known(store, table);
  const row = await rows.find(name, id);
  if (row?.status !== "deleting") return;
  try {
    await remove();
  } catch (error) {
    const after = afterFailedDeletion(error, job.payload as Before);
    return (tx) => changeIf(...known(tx, table), id, "deleting", after);
  }
  return (tx) => deleteIf(...known(tx, table), id, "deleting");
}

interface Before {
  readonly was: string;
  readonly fault: FailureInfo<string> | null;
}

function afterFailedDeletion(error: unknown, { was, fault }: Before) {
  const final = error instanceof ReeveError && error.reason === "DRIVER_FAILED" && !error.retryable;
  if (!final) throw error;
  if (error.code === "FAILED_PRECONDITION") return { status: was, fault };
  return { status: "error", fault: { reason: "FAILED", message: error.message } };
}
