import { type Duration, reeveError } from "@reeve/contract";
import { knownKeys, readDuration } from "../config/index.ts";

export interface DriverLimits {
  /** Deadline of a call that names none. Default 60 s. */
  readonly timeout?: Duration | undefined;
  /** How long a transfer may go without progress, or a stream without an item. Default 60 s. */
  readonly stallTimeout?: Duration | undefined;
  /** How long a caller waits for the driver to come to rest after an abort; then its wait ends and the call counts as hung. Default 5 s. */
  readonly abortGrace?: Duration | undefined;
  /** How many calls the device sees at once; further ones wait. Default 16. */
  readonly maxConcurrent?: number | undefined;
  /** Bound of one set-up. Default 60 s. */
  readonly setupTimeout?: Duration | undefined;
  /** Pause after the first failed set-up. It doubles, with jitter. Default 1 s. */
  readonly retryAfter?: Duration | undefined;
  /** Longest pause between set-ups, and the pause after an error that is not retryable. Default 60 s. */
  readonly retryAtMost?: Duration | undefined;
  /** Pause between checks. Default 10 s. */
  readonly checkEvery?: Duration | undefined;
  /** Bound of one check. Default 10 s. */
  readonly checkTimeout?: Duration | undefined;
  /** Bound of closing: calls in flight, then the driver's own `close`. Default 10 s each. */
  readonly closeTimeout?: Duration | undefined;
}

export interface CompiledDriverLimits {
  readonly timeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly abortGraceMs: number;
  readonly maxConcurrent: number;
  readonly setupTimeoutMs: number;
  readonly retryAfterMs: number;
  readonly retryAtMostMs: number;
  readonly checkEveryMs: number;
  readonly checkTimeoutMs: number;
  readonly closeTimeoutMs: number;
}

const defaults: CompiledDriverLimits = {
  timeoutMs: 60_000,
  stallTimeoutMs: 60_000,
  abortGraceMs: 5_000,
  maxConcurrent: 16,
  setupTimeoutMs: 60_000,
  retryAfterMs: 1_000,
  retryAtMostMs: 60_000,
  checkEveryMs: 10_000,
  checkTimeoutMs: 10_000,
  closeTimeoutMs: 10_000,
};

const durations = [
  "timeout",
  "stallTimeout",
  "abortGrace",
  "setupTimeout",
  "retryAfter",
  "retryAtMost",
  "checkEvery",
  "checkTimeout",
  "closeTimeout",
] as const;

/**
 * @param base what holds where nothing is given
 * @throws ReeveError `INVALID_OPTION` naming the limit
 */
export function compileDriverLimits(field: string, limits: DriverLimits = {}, base = defaults): CompiledDriverLimits {
  knownKeys(field, limits, [...durations, "maxConcurrent"]);
  const compiled = { ...base, maxConcurrent: readMaxConcurrent(field, limits.maxConcurrent, base.maxConcurrent) };
  for (const name of durations)
    compiled[`${name}Ms`] = readDuration(`${field}: ${name}`, limits[name], base[`${name}Ms`]);
  return compiled;
}

function readMaxConcurrent(field: string, given: number | undefined, fallback: number): number {
  if (given === undefined) return fallback;
  if (given === Number.POSITIVE_INFINITY || (Number.isInteger(given) && given >= 1)) return given;
  throw reeveError(
    "INVALID_OPTION",
    `${field}: maxConcurrent: expected a whole number from 1, or Infinity, got ${given}`,
  );
}
