/**
 * What is known about the execution of a failed call.
 *
 * - `never-sent`: it did not leave this process.
 * - `not-executed`: the callee refused it before the operation ran.
 * - `maybe-executed`: it may have run, be running still, or run later.
 * - `executed`: the operation ran and failed.
 */
export type Outcome = "never-sent" | "not-executed" | "maybe-executed" | "executed";
