import type { WorkUnderWay } from "@reeve/runtime";
import { volumes } from "./contract.ts";
import type { VolumeJobs } from "./jobs.ts";

/** What begins each kind of work that a volume has a status for. */
const operations: Partial<Readonly<Record<keyof VolumeJobs, string>>> = {
  "volume.placing": "create",
  "volume.creating": "build",
  "volume.cloning": "clone",
  "volume.copying": "copy",
  "volume.importing": "import",
  "volume.exporting": "export",
  "volume.extending": "extend",
  "volume.deleting": "delete",
};

/**
 * Why a volume whose status says that it is in work will not leave it soon, for people: no work is done to it, its work has failed and
 * is only tried again, or goes on for longer than the operation that began it may take. Undefined where none of that is so.
 *
 * @param now milliseconds since 1970
 */
export function stuckBecause(work: WorkUnderWay | undefined, now: number): string | undefined {
  if (!work) return "no work is done to it";
  const { kind, begunAt, failedRecoveries, lastError } = work;
  const often = failedRecoveries === 1 ? "once" : `${failedRecoveries} times`;
  if (failedRecoveries > 0) return `${kind} failed ${often}: ${lastError}`;
  const operation = operations[kind as keyof VolumeJobs];
  const timeoutMs = operation === undefined ? undefined : volumes.operations.get(operation)?.timeoutMs;
  if (timeoutMs === undefined || now - begunAt.getTime() <= timeoutMs) return undefined;
  return `${kind} goes on for longer than ${operation} may take`;
}
