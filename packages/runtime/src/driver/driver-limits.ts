import { type Duration, durationMs, reeveError } from "@reeve/contract";

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

/** @throws ReeveError `INVALID_OPTION` naming the limit */
export function compileLimits(limits: DriverLimits = {}): CompiledDriverLimits {
  const ms = (name: keyof DriverLimits, byDefault: Duration) =>
    durationMs(`driver limits: ${name}`, (limits[name] as Duration | undefined) ?? byDefault);
  const maxConcurrent = limits.maxConcurrent ?? 16;
  if (maxConcurrent !== Number.POSITIVE_INFINITY && !(Number.isInteger(maxConcurrent) && maxConcurrent >= 1))
    throw reeveError(
      "INVALID_OPTION",
      `driver limits: maxConcurrent: ${maxConcurrent} must be a whole number from 1, or Infinity`,
    );
  return {
    timeoutMs: ms("timeout", "60s"),
    stallTimeoutMs: ms("stallTimeout", "60s"),
    abortGraceMs: ms("abortGrace", "5s"),
    maxConcurrent,
    setupTimeoutMs: ms("setupTimeout", "60s"),
    retryAfterMs: ms("retryAfter", "1s"),
    retryAtMostMs: ms("retryAtMost", "60s"),
    checkEveryMs: ms("checkEvery", "10s"),
    checkTimeoutMs: ms("checkTimeout", "10s"),
    closeTimeoutMs: ms("closeTimeout", "10s"),
  };
}
