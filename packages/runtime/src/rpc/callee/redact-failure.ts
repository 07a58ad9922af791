import { catalogue, type Outcome, ReeveError, reeveError } from "@reeve/contract";
import type { CompiledOperation } from "@reeve/contract/internal";
import type { Ids } from "../../base/ids.ts";
import type { Logger } from "../../telemetry/logger.ts";

interface FailurePort {
  readonly address: string;
  readonly log: Logger;
  readonly ids: Ids;
}

/**
 * What callers see of something that was thrown on the callee's side. Declared errors pass; the runtime's own reasons
 * pass with the outcome of this call, because it did run whatever became of its nested call. One that its store failed
 * did not run to its end: `maybe-executed`, as it may have committed, called or driven something before. The rest becomes
 * `UNDECLARED` with an id that finds it in the log, so that no internals leak.
 *
 * @param outcome `executed` once the handler has begun
 */
export function failureOf(
  thrown: unknown,
  operation: CompiledOperation,
  outcome: Outcome,
  { address, log, ids }: FailurePort,
): ReeveError {
  if (
    thrown instanceof ReeveError &&
    (operation.errors.has(thrown.reason) || Object.hasOwn(catalogue, thrown.reason))
  ) {
    const { code, reason, message, data, retryable, cause } = thrown;
    // What it had begun in a driver may yet take effect; what it had done before its store failed, nobody can tell from here.
    const open = outcome === "executed" && (isHeld(thrown) || reason === "STORE_FAILED");
    return new ReeveError({
      code,
      reason,
      message,
      data,
      retryable,
      cause,
      outcome: open ? "maybe-executed" : outcome,
      address: thrown.address ?? address,
    });
  }
  const errorId = ids();
  log.error(
    { err: thrown, errorId, operation: operation.name },
    "an operation threw what its contract does not declare",
  );
  return reeveError("UNDECLARED", `${operation.name} failed; the log of ${address} tells why under ${errorId}`, {
    data: { errorId },
    address,
    outcome,
    cause: thrown,
  });
}

function isHeld({ outcome, data }: ReeveError): boolean {
  return outcome === "maybe-executed" && typeof data === "object" && data !== null && "waitingFor" in data;
}
