import { type ReasonData, ReeveError, reeveError } from "@reeve/contract";
import type { StoreFault } from "../store-health.ts";
import type { StoreLayout } from "../store-layout.ts";

/** Result codes: https://sqlite.org/rescode.html */
const code = {
  busy: 5,
  readOnly: 8,
  io: 10,
  cannotOpen: 14,
  locked: 6,
  corrupt: 11,
  full: 13,
  constraint: 19,
  auth: 23,
  notADatabase: 26,
  misuse: 1,
} as const;
const uniqueCodes = new Set([1555, 2067, 2579]);

/** An error of `node:sqlite` in Reeve's terms. */
export function storeFailure(path: string, error: unknown, layout?: StoreLayout): ReeveError {
  if (error instanceof ReeveError) return error;
  const { errcode, message } = error as { readonly errcode?: number; readonly message: string };
  const details = { cause: error, data: { path } };
  switch (errcode === undefined ? undefined : errcode & 0xff) {
    case code.constraint:
      return constraintFailure(message, errcode!, error, layout);
    case code.auth:
      return reeveError(
        "STORE_MISUSE",
        `store "${layout?.store}" reaches only its own tables, and writes only in a transaction: ${message}`,
        { cause: error },
      );
    case code.misuse:
    case undefined:
      return reeveError("STORE_MISUSE", `the query is malformed: ${message}`, { cause: error });
    case code.corrupt:
    case code.notADatabase:
      return reeveError("STORE_CORRUPT", `store file "${path}" is damaged or no database: ${message}`, details);
    case code.full:
      return reeveError("STORE_FAILED", `no space left for store file "${path}"; free some, then try again`, {
        ...details,
        retryable: true,
      });
    case code.busy:
    case code.locked:
      return reeveError("STORE_FAILED", `another program locks store file "${path}": ${message}`, {
        ...details,
        retryable: true,
      });
    default: {
      // What concerns the whole file may pass; what concerns the statement does not.
      const retryable = faultKindOf({ cause: error }) !== undefined;
      return reeveError("STORE_FAILED", `store file "${path}": ${message}`, { ...details, retryable });
    }
  }
}

/** What a failure says of the whole database; undefined where it is the statement's own, or passes. */
export function faultKindOf({ cause }: Pick<ReeveError, "cause">): StoreFault["kind"] | undefined {
  const { errcode, code: name } = (cause ?? {}) as { readonly errcode?: number; readonly code?: string };
  if (name === "ENOSPC" || name === "EDQUOT") return "full";
  switch (errcode === undefined ? undefined : errcode & 0xff) {
    case code.full:
      return "full";
    case code.corrupt:
    case code.notADatabase:
      return "damaged";
    case code.readOnly:
    case code.io:
    case code.cannotOpen:
      return "failed";
    default:
      return undefined;
  }
}

/** A failed sync: what was written may never reach the disk, and no later sync would tell. */
export function syncFailure(path: string, error: unknown): ReeveError {
  if (error instanceof ReeveError) return error;
  const { message } = error as Error;
  return reeveError("STORE_FAILED", `store file "${path}" could not be synced to its disk: ${message}`, {
    cause: error,
    data: { path },
    retryable: true,
  });
}

/**
 * What a transaction is told whose end could not be made to last.
 *
 * @param wrote it changed something itself, and did not only see what others had changed
 */
export function notLasting(lost: ReeveError, wrote: boolean): ReeveError {
  const { message } = lost;
  const data = lost.data as ReasonData["STORE_FAILED"];
  const { retryable } = lost;
  if (!wrote) return reeveError("STORE_FAILED", message, { cause: lost, data, retryable });
  const outcome = "maybe-executed";
  return reeveError("STORE_FAILED", `what a transaction committed may be lost: ${message}`, {
    cause: lost,
    data,
    outcome,
    retryable,
  });
}

function constraintFailure(
  message: string,
  errcode: number,
  cause: unknown,
  layout: StoreLayout | undefined,
): ReeveError {
  if (!uniqueCodes.has(errcode)) return reeveError("CONSTRAINT_FAILED", named(message, layout), { cause });
  const [, list = ""] = message.split("failed: ");
  const [first = ""] = list.split(".");
  const table = layout?.physicalTables.get(first)?.name ?? first;
  const columns = list.split(", ").map((column) => column.slice(first.length + 1));
  return reeveError("ROW_EXISTS", `${table} already has a row with the same ${columns.join(", ")}`, {
    data: { table, columns },
    cause,
  });
}

/** The message with tables as their manager calls them. */
function named(message: string, layout: StoreLayout | undefined): string {
  let text = message;
  for (const [physical, { name }] of layout?.physicalTables ?? []) text = text.replaceAll(`${physical}.`, `${name}.`);
  return text;
}
