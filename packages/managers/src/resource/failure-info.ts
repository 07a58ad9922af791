import type { Job, RecoveryContext } from "@reeve/runtime";
import { z } from "zod";

/**
 * Why every kind of resource may be in `error`:
 * - `FAILED`: the driver could not do it.
 * - `INTERRUPTED`: the manager crashed in the middle and what was begun has been removed.
 */
type EveryReason = "FAILED" | "INTERRUPTED";

/** Why a resource is in `error`, for people: what its row keeps as `fault`. */
export interface FailureInfo<Reason extends string = EveryReason> {
  readonly reason: EveryReason | Reason;
  readonly message: string;
}

/**
 * The schema of a resource's {@link FailureInfo}: `FAILED`, `INTERRUPTED` and the reasons that only this kind of resource has.
 *
 * @example
 * ```ts
 * // MISSING: it was there and the backend has it no more.
 * export const Fault = failureInfo("MISSING");
 * export type Fault = z.infer<typeof Fault>;
 * ```
 */
export function failureInfo<const Reason extends string = never>(...reasons: readonly Reason[]) {
  const all: readonly (EveryReason | Reason)[] = ["FAILED", "INTERRUPTED", ...reasons];
  return z.object({ reason: z.enum(all), message: z.string() });
}

/**
 * Why work that is undone did not succeed: the error that it threw in this incarnation, or that a crash interrupted it. Epochs tell
 * nothing: work may have been another member's of the cluster.
 *
 * @example
 * ```ts
 * const fault = failureOf(job, context);
 * return (tx) => changeIf(tx, "volumes", job.resource, "creating", { status: "error", fault });
 * ```
 */
export function failureOf(job: Pick<Job, "kind" | "address">, { error }: Pick<RecoveryContext, "error">): FailureInfo {
  if (error instanceof Error) return { reason: "FAILED", message: error.message };
  if (error !== undefined) return { reason: "FAILED", message: `${job.kind} failed; the log tells why` };
  return { reason: "INTERRUPTED", message: `the manager at ${job.address} stopped in the middle of ${job.kind}` };
}
