import { type Duration, durationMs, reeveError } from "@reeve/contract";
import { shown } from "./option-keys.ts";

export interface DurationBounds {
  /** Shortest duration allowed, in milliseconds. Default 0. */
  readonly minMs?: number;
  /** Longest duration allowed, in milliseconds. Default: what a timer can wait, about 24.8 days. */
  readonly maxMs?: number;
}

/**
 * Reads a duration in milliseconds; `fallback` stands for an option that was left out.
 *
 * @throws ReeveError `INVALID_OPTION` naming the field, the value and the bounds
 */
export function readDuration(
  field: string,
  value: unknown,
  fallback: Duration,
  { minMs = 0, maxMs = Number.POSITIVE_INFINITY }: DurationBounds = {},
): number {
  if (value === undefined) return durationMs(field, fallback);
  if (typeof value !== "string" && !Number.isFinite(value)) {
    throw reeveError("INVALID_OPTION", `${field}: expected milliseconds or text like "30s", got ${shown(value)}`);
  }
  const ms = durationMs(field, value as Duration);
  if (ms < minMs) throw reeveError("INVALID_OPTION", `${field}: expected at least ${minMs} ms, got ${shown(value)}`);
  if (ms > maxMs) throw reeveError("INVALID_OPTION", `${field}: expected at most ${maxMs} ms, got ${shown(value)}`);
  return ms;
}
