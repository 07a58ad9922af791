import { ReeveError } from "@reeve/contract";
import type { ThrownIn } from "./driver-error.ts";

const mark = Symbol.for("reeve.driver-failure");

/** Errors that were thrown for this, whoever made them. */
const reasons: ReadonlySet<string> = new Set(["DRIVER_LOST", "DRIVER_FAILED"]);

/** Deep enough for any honest chain of causes; a circle ends here. */
const deepest = 16;

/** What a driver call failed with. */
export interface DriverFailure {
  readonly error: ReeveError;
  /** Whether it may pass by itself: the driver's own word, and true of a driver that is away or does not answer. */
  readonly passing: boolean;
}

/**
 * Notes on an error where in which driver it arose, for {@link driverFailureOf}. Nothing that is shown or sent changes.
 *
 * @returns the same error
 * @example
 * ```ts
 * throw markDriverFailure(reeveError("DEADLINE_EXCEEDED", "array: list: no answer"), { driver: "array", method: "list", passing: true });
 * ```
 */
export function markDriverFailure(error: ReeveError, thrownIn: ThrownIn & { readonly passing: boolean }): ReeveError {
  if (Object.isExtensible(error) && markOf(error) === undefined)
    Object.defineProperty(error, mark, { value: thrownIn });
  return error;
}

/**
 * The failed driver call that an error tells of, itself or as the cause of what was thrown because of it; undefined when no
 * driver call failed. Of an `AggregateError` each part must tell of one.
 *
 * @example
 * ```ts
 * try {
 *   await driver.connect({ id });
 * } catch (error) {
 *   // Tried again later; what is not the driver's is not this function's to judge.
 *   if (driverFailureOf(error)?.passing !== true) throw error;
 * }
 * ```
 */
export function driverFailureOf(error: unknown): DriverFailure | undefined {
  return search(error, 0);
}

/**
 * Whether a failed driver call is why this was thrown; see {@link driverFailureOf}.
 *
 * @example
 * ```ts
 * isDriverFailure(new Error("the pool was not counted", { cause: error })); // true where a driver call gave `error`
 * ```
 */
export function isDriverFailure(error: unknown): boolean {
  return driverFailureOf(error) !== undefined;
}

function search(error: unknown, depth: number): DriverFailure | undefined {
  if (depth > deepest || typeof error !== "object" || error === null) return undefined;
  if (error instanceof ReeveError) {
    const passing = passes(error);
    if (passing !== undefined) return { error, passing };
  }
  if (error instanceof AggregateError && error.errors.length > 0) {
    const parts = error.errors.map((part) => search(part, depth + 1));
    // One that will not pass by itself is enough for the whole not to.
    if (parts.every((part) => part !== undefined)) return parts.find(({ passing }) => !passing) ?? parts[0];
  }
  return search((error as { cause?: unknown }).cause, depth + 1);
}

/** Undefined when it did not come out of a driver call. */
function passes(error: ReeveError): boolean | undefined {
  const marked = markOf(error);
  if (marked) return marked.passing;
  return reasons.has(error.reason) ? error.retryable : undefined;
}

function markOf(error: ReeveError): { readonly passing: boolean } | undefined {
  return (error as { [mark]?: { readonly passing: boolean } })[mark];
}
