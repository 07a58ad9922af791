import { reeveError } from "./reeve-error.ts";

/** Milliseconds, or text such as `"250ms"`, `"30s"`, `"5m"`, `"1h"`, `"1d"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** setTimeout fires at once above this. */
const longestTimeoutMs = 2 ** 31 - 1;

/**
 * Reads a duration in milliseconds.
 *
 * @param field what the duration is for; the error names it
 * @param longestMs the longest that will do. Default about 24.8 days, the longest that a timer of Node takes
 * @throws ReeveError `INVALID_OPTION` when it is negative, not finite, malformed or longer than that
 *
 * @example
 * ```ts
 * const everyMs = durationMs("every", "30s"); // 30_000
 * ```
 */
export function durationMs(field: string, value: Duration, longestMs: number = longestTimeoutMs): number {
  const ms = typeof value === "number" ? value : fromText(value);
  if (ms === undefined || !Number.isFinite(ms) || ms < 0 || ms > longestMs) {
    throw reeveError(
      "INVALID_OPTION",
      `${field}: expected milliseconds from 0 to ${longestMs}, or text like "30s", got ${typeof value === "number" ? value : JSON.stringify(value)}`,
    );
  }
  return ms;
}

function fromText(text: unknown): number | undefined {
  const match = typeof text === "string" ? pattern.exec(text) : null;
  return match ? Number(match[1]) * unitMs[match[2] as keyof typeof unitMs] : undefined;
}
