import { type CompiledOperation, catalogue, ReeveError, reeveError } from "@reeve/contract";
import type { Ids } from "../base/ids.ts";
import type { Logger } from "../telemetry/logger.ts";

/**
 * What callers see of something a handler threw. Declared errors pass; the runtime's own reasons pass with outcome
 * `executed`, because the handler did run whatever became of its nested call; the rest becomes `UNDECLARED` with an id
 * that finds it in the log, so that no internals leak.
 */
export function failureOf(
  thrown: unknown,
  operation: CompiledOperation,
  address: string,
  log: Logger,
  ids: Ids,
): ReeveError {
  if (thrown instanceof ReeveError && (operation.errors.has(thrown.reason) || thrown.reason in catalogue)) {
    const { code, reason, message, data, retryable, cause } = thrown;
    return new ReeveError({
      code,
      reason,
      message,
      data,
      retryable,
      cause,
      outcome: "executed",
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
    cause: thrown,
  });
}
