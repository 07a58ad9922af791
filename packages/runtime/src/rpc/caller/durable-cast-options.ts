import { type DurableCastOptions, durationMs, reeveError } from "@reeve/contract";
import { knownKeys, shown } from "../../config/index.ts";
import type { Served } from "../callee/served.ts";

/** A timer is a row: it may be longer than any that is kept in memory. A hundred years. */
const longestAfterMs = 36_525 * 86_400_000;

/** In whole milliseconds, as a store has them. @throws ReeveError `INVALID_OPTION` */
export function afterMs(field: string, after: NonNullable<DurableCastOptions["after"]>): number {
  return Math.ceil(durationMs(field, after, longestAfterMs));
}

/** @throws ReeveError `INVALID_OPTION` naming the option and the value */
export function checkDurableCastOptions({ operation: { name } }: Served, options: DurableCastOptions): void {
  knownKeys(`${name}: options`, options, ["tx", "after", "at"]);
  const { tx, after, at } = options;
  if (after !== undefined) afterMs(`${name}: after`, after);
  if (at !== undefined && !(at instanceof Date && Number.isFinite(at.getTime())))
    throw reeveError("INVALID_OPTION", `${name}: at: expected a valid Date, got ${shown(at)}`);
  if (after !== undefined && at !== undefined)
    throw reeveError("INVALID_OPTION", `${name}: expected one of after and at, got both`);
  if (tx !== undefined && (typeof tx !== "object" || tx === null))
    throw reeveError("INVALID_OPTION", `${name}: tx: expected an open transaction, got ${shown(tx)}`);
}

/** A caller without a store can keep nothing for later. @throws ReeveError `INVALID_OPTION` */
export function requireNow({ contract, operation }: Served, options: DurableCastOptions): void {
  const option = (["tx", "after", "at"] as const).find((given) => options[given] !== undefined);
  if (option === undefined) return;
  throw reeveError(
    "INVALID_OPTION",
    `${contract.name}: ${operation.name}: ${option}: this process has no store to keep a durable cast in; cast it from a supervisor, or leave ${option} out: then the promise resolves when it has been carried out`,
  );
}
