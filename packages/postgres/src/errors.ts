import { ReeveError, reeveError } from "@reeve/contract";
import type { StoreFault, StoreLayout } from "@reeve/runtime/store";
import { PasswordFailure } from "./session-password.ts";

/** What the server says of an error: https://www.postgresql.org/docs/18/errcodes-appendix.html */
interface Said {
  readonly code?: string;
  readonly severity?: string;
  readonly message: string;
  readonly detail?: string;
  readonly table?: string;
  readonly column?: string;
  /** Of the server's own source, that says it. */
  readonly routine?: string;
}

/** What another transaction changed meanwhile: the body runs again. */
const conflicts = new Set([
  "40001", // serialization_failure
  "40P01", // deadlock_detected
]);

/** Nothing of a session can be used any more, or none is given. */
const goneCodes = new Set([
  "57P01", // admin_shutdown
  "57P02", // crash_shutdown
  "57P03", // cannot_connect_now
  "57P05", // idle_session_timeout
  "25P03", // idle_in_transaction_session_timeout
]);

export const noRoom = "no space is left on its disk; free some, then try again";

export function isConflict(error: unknown): boolean {
  return conflicts.has((error as Said).code ?? "");
}

/** A statement before it has failed, and the transaction with that. */
export function isAborted(error: unknown): boolean {
  return (error as Said | undefined)?.code === "25P02";
}

/** The server cut a transaction that did nothing. */
export function isIdleTimeout(error: unknown): boolean {
  return (error as Said | undefined)?.code === "25P03";
}

/** The server is there, and has no connection left for another session. */
export function isFull(error: unknown): boolean {
  const { code, cause } = error as Said & { readonly cause?: Said };
  return code === "53300" || cause?.code === "53300";
}

/** The server is there, and does not let this user in, or not with this password. */
export function isRefusedLogin(error: unknown): boolean {
  const { code = "", cause } = error as Said & { readonly cause?: Said };
  return code.startsWith("28") || cause?.code?.startsWith("28") === true;
}

/** A file could not grow. For want of room a session is not opened either: it would write down what it has found in the catalogues. */
export function hasNoRoom(error: unknown): boolean {
  return (error as Partial<Said> | undefined)?.code === "53100";
}

/** Nothing is known against the sessions there are: only another one could not be opened. */
export function isOnlyForMore(error: unknown): boolean {
  const { cause } = error as Error;
  return isFull(error) || isRefusedLogin(error) || hasNoRoom(cause) || cause instanceof PasswordFailure;
}

/** A table was changed under a statement that was prepared for what it was: a new session knows it as it is. */
export function isStale(error: unknown): boolean {
  const { code, routine } = error as Said;
  return code === "0A000" && routine === "RevalidateCachedQuery";
}

/** Whether the session is over with it, or was never there: nothing was said about a statement. */
export function isLoss(error: unknown): boolean {
  const { code = "", severity } = error as Said;
  return (
    severity === undefined ||
    severity === "FATAL" ||
    severity === "PANIC" ||
    goneCodes.has(code) ||
    code.startsWith("08")
  );
}

export function isTooSlow(error: unknown): boolean {
  return (error as Said).code === "57014";
}

/** What an error says of the disk below a server that is there. */
export function diskFaultOf(error: unknown): Extract<StoreFault["kind"], "full" | "failed"> | undefined {
  if (isLoss(error)) return undefined;
  if (hasNoRoom(error)) return "full";
  return (error as Said).code === "58030" ? "failed" : undefined;
}

/** An error of the server in Reeve's terms. */
export function storeFailure(name: string, error: unknown, layout?: StoreLayout): ReeveError {
  if (error instanceof ReeveError) return error;
  const said = error as Said;
  const { code = "", message } = said;
  if (isLoss(said)) return notReached(name, error);
  switch (code) {
    case "23505":
      return rowExists(said, layout);
    case "53100":
      return failed(name, error, noRoom, true);
    case "58030":
      return failed(name, error, `its disk fails: ${message}`, true);
    case "57014":
      return failed(name, error, "a statement took longer than statementTimeout and was cancelled", true);
    case "25006":
      return failed(name, error, "it takes no writes: it is a standby, or set to be read only", true);
    case "42501":
      return failed(name, error, `the user lacks a right: ${message}`, false);
    // Larger than an index takes, or more parameters than a statement.
    case "54000":
      return reeveError("CONSTRAINT_FAILED", message, { cause: error });
  }
  switch (code.slice(0, 2)) {
    case "22":
    case "23":
      return reeveError("CONSTRAINT_FAILED", named(said, layout), { cause: error });
    case "42":
    case "0A":
      return reeveError("STORE_MISUSE", `the query is malformed: ${message}`, { cause: error });
    case "XX":
      return reeveError("STORE_CORRUPT", `store database "${name}" is damaged: ${message}`, {
        cause: error,
        data: { path: name },
      });
    default:
      return failed(name, error, message, code.startsWith("53") || code.startsWith("55") || isConflict(error));
  }
}

/** The server cannot be asked now. */
export function notReached(name: string, error: unknown): ReeveError {
  const { message, code = "" } = error as Said;
  const why = goneCodes.has(code) || message ? message : code;
  return failed(name, error, `cannot be reached: ${why}`, true);
}

function failed(name: string, cause: unknown, what: string, retryable: boolean): ReeveError {
  const text = what.startsWith("cannot be reached")
    ? `store database "${name}" ${what}`
    : `store database "${name}": ${what}`;
  return reeveError("STORE_FAILED", text, { cause, data: { path: name }, retryable });
}

function rowExists(said: Said, layout: StoreLayout | undefined): ReeveError {
  const table = layout?.physicalTables.get(said.table ?? "")?.name ?? said.table ?? "";
  // `Key ("volumeId", slot)=(v, 1) already exists.`, in the server's language but for the parentheses.
  const [, list = ""] = /\(("?\w+"?(?:, "?\w+"?)*)\)=\(/.exec(said.detail ?? "") ?? [];
  const columns = list === "" ? [] : list.split(", ").map((column) => column.replaceAll('"', ""));
  return reeveError("ROW_EXISTS", `${table} already has a row with the same ${columns.join(", ")}`, {
    data: { table, columns },
    cause: said,
  });
}

/** The message with the table as its manager calls it. */
function named({ message, table, column }: Said, layout: StoreLayout | undefined): string {
  const name = layout?.physicalTables.get(table ?? "")?.name;
  if (name === undefined) return message;
  return `${column === undefined ? name : `${name}.${column}`}: ${message.replaceAll(`"${table}"`, `"${name}"`)}`;
}
