import { DriverError } from "../driver-error.ts";

const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;

/** Keeps byte counts exact: 4 PiB. */
const largestGiB = 2 ** 22;

/**
 * The bytes of a size in GiB.
 *
 * @throws DriverError `INVALID_ARGUMENT` unless it is a positive multiple of 1/1024 GiB (1 MiB), at most 4 PiB
 *
 * @example
 * ```ts
 * const bytes = sizeBytes("sizeGiB", 10); // 10_737_418_240
 * ```
 */
export function sizeBytes(field: string, sizeGiB: unknown): number {
  const bytes = typeof sizeGiB === "number" ? sizeGiB * gibibyte : Number.NaN;
  if (bytes > 0 && bytes <= largestGiB * gibibyte && bytes % mebibyte === 0) return bytes;
  throw new DriverError(
    "INVALID_ARGUMENT",
    `${field}: expected GiB in whole MiB, up to ${largestGiB}, got ${typeof sizeGiB === "number" ? sizeGiB : typeof sizeGiB}`,
  );
}

/**
 * A size in GiB, as the port has it, from bytes as a device has it.
 *
 * @example
 * ```ts
 * const size = sizeGiB(10_737_418_240); // 10
 * ```
 */
export function sizeGiB(bytes: number): number {
  return bytes / gibibyte;
}
