import { type CallOptions, type CompiledOperation, durationMs, reeveError } from "@reeve/contract";

const longestKey = 256;

/** How long the call may take: what the caller says, else what the operation says. @throws ReeveError `INVALID_OPTION` */
export function timeoutOf(operation: CompiledOperation, options: CallOptions | undefined): number {
  const timeout = options?.timeout;
  return timeout === undefined ? operation.timeoutMs : durationMs(`${operation.name}: timeout`, timeout);
}

/** @throws ReeveError `INVALID_OPTION` naming the option and the value */
export function checkCallOptions({ name }: CompiledOperation, { signal, idempotencyKey }: CallOptions): void {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw reeveError("INVALID_OPTION", `${name}: signal: ${String(signal)} is no AbortSignal`);
  if (idempotencyKey === undefined) return;
  if (typeof idempotencyKey !== "string" || idempotencyKey === "" || idempotencyKey.length > longestKey) {
    const shown = typeof idempotencyKey === "string" ? `${idempotencyKey.length} characters` : typeof idempotencyKey;
    throw reeveError(
      "INVALID_OPTION",
      `${name}: idempotencyKey: must be text of 1 to ${longestKey} characters, not ${shown}`,
    );
  }
}
