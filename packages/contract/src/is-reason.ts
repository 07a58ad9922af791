import type { Reason } from "./catalogue.ts";
import { type ReasonError, ReeveError } from "./reeve-error.ts";

/**
 * Whether a caught value is an error of this reason of the runtime itself; narrows `reason`, and `data` to its type, which
 * `docs/errors.md` shows. For errors that an operation declares there is `isError`. An error of another process has the `data`
 * that the version there gives it: one of an older version may lack what came later.
 *
 * @example
 * ```ts
 * try {
 *   await volumes.delete({ id });
 * } catch (error) {
 *   if (!isReason(error, "BUSY")) throw error;
 *   console.log(`${error.data.resource} is at work since ${error.data.since}`);
 * }
 * ```
 */
export function isReason<R extends Reason>(error: unknown, reason: R): error is ReasonError<R> {
  return error instanceof ReeveError && error.reason === reason;
}
