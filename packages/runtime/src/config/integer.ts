import { reeveError } from "@reeve/contract";
import { shown } from "./option-keys.ts";

export interface IntegerBounds {
  /** Smallest value allowed. Default 1. */
  readonly min?: number;
  /** Largest value allowed. Default 2^53 - 1. */
  readonly max?: number;
}

/**
 * Reads a whole number; `fallback` stands for an option that was left out.
 *
 * @throws ReeveError `INVALID_OPTION` naming the field, the value and the bounds
 */
export function readInteger(
  field: string,
  value: unknown,
  fallback: number,
  { min = 1, max = Number.MAX_SAFE_INTEGER }: IntegerBounds = {},
): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw reeveError("INVALID_OPTION", `${field}: expected a whole number from ${min} to ${max}, got ${shown(value)}`);
}
