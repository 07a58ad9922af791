import { type CallOptions, type CompiledOperation, durationMs, reeveError } from "@reeve/contract";
import { knownKeys } from "../config/index.ts";

const longestKey = 256;
const optionNames = ["timeout", "signal", "idempotencyKey"];

/** How long the call may take: what the caller says, else what the operation says. @throws ReeveError `INVALID_OPTION` */
export function timeoutOf(operation: CompiledOperation, options: CallOptions | undefined): number {
  const timeout = options?.timeout;
  return timeout === undefined ? operation.timeoutMs : durationMs(`${operation.name}: timeout`, timeout);
}

/** @throws ReeveError `INVALID_OPTION` naming the option and the value */
export function checkCallOptions({ name }: CompiledOperation, options: CallOptions): void {
  knownKeys(`${name}: options`, options, optionNames);
  const { signal, idempotencyKey } = options;
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
