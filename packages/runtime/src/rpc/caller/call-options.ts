import { type CallOptions, durationMs, reeveError } from "@reeve/contract";
import type { CompiledOperation } from "@reeve/contract/internal";
import { knownKeys } from "../../config/index.ts";
import { isIdempotencyKey, longestIdempotencyKey } from "../idempotency-key.ts";

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
  if (idempotencyKey === undefined || isIdempotencyKey(idempotencyKey)) return;
  const given: unknown = idempotencyKey;
  const shown = typeof given === "string" ? `${given.length} characters` : typeof given;
  throw reeveError(
    "INVALID_OPTION",
    `${name}: idempotencyKey: must be text of 1 to ${longestIdempotencyKey} characters, not ${shown}`,
  );
}
