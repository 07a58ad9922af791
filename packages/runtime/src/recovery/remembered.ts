import { type ReasonData, ReeveError, type ReeveErrorJson, reeveError } from "@reeve/contract";
import { decodePlain, encodePlain } from "../store/index.ts";
import { carriedOut } from "./carried-out.ts";
import type { KeyRow, KeyState } from "./key-store.ts";

/** Whether what a key's call came to is known, and stays. */
export function isSettled({ state, answer }: Pick<KeyRow, "state" | "answer">): boolean {
  return state === "answered" || state === "ended" || (state === "failed" && answer !== null);
}

/** An answer as it is kept. @throws ReeveError `CONSTRAINT_FAILED` for what is other than plain data */
export function encodeAnswer(answer: unknown): string {
  return encodePlain("answer", answer === carriedOut ? undefined : answer);
}

/**
 * What a durable cast left under its key, for another delivery of it. Nobody awaits an answer: what recovery has brought to an
 * end is carried out, and an error stays what it is however often it is asked for.
 *
 * @throws the error it ended with; ReeveError `INTERRUPTED` when it was cut short after its first commit
 */
export function rememberedCast(row: KeyRow): unknown {
  const { operation, key, state, answer, provisional, resource } = row;
  if (state === "ended" || state === "answered" || (state !== "failed" && provisional !== null)) return undefined;
  if (state === "failed" && answer !== null) throw failure(answer);
  const what = resource === null ? "what it had committed" : `"${resource}"`;
  const how = state === "failed" ? "failed" : "was cut short";
  const message = `"${operation}" ${how} under "${key}" after its first commit, and does not run again; look at ${what}`;
  throw reeveError("INTERRUPTED", message, resource === null ? {} : { data: { resource } });
}

/** However often it is asked for under this key, it stays what it is. */
function failure(answer: string): ReeveError {
  return new ReeveError({ ...(decodePlain(answer) as ReeveErrorJson), retryable: false });
}

/**
 * What a finished or dead call left under its key.
 *
 * @throws the error it ended with; ReeveError `DUPLICATE_KEY` when its answer is not known
 */
export function remembered({ key, operation, state, answer, provisional, resource }: KeyRow): unknown {
  if (state === "answered") return decodePlain(answer!);
  if (state === "failed" && answer !== null) throw failure(answer);
  if ((state === "running" || state === "interrupted") && provisional !== null) return decodePlain(provisional);
  // What a crash cut short is not running any more.
  const left = state === "running" ? "interrupted" : state;
  const what = resource === null ? "what it did" : `"${resource}"`;
  throw reeveError(
    "DUPLICATE_KEY",
    `"${operation}" already ran under idempotency key "${key}", and left no answer; look at ${what} before trying with another key`,
    { data: dataOf(left, resource), outcome: left === "interrupted" ? "maybe-executed" : "executed" },
  );
}

export function stillRunning({ key, operation, resource }: Pick<KeyRow, "key" | "operation" | "resource">): ReeveError {
  const message = `"${operation}" still runs under idempotency key "${key}"; ask again later for its answer`;
  return reeveError("DUPLICATE_KEY", message, { data: dataOf("running", resource), retryable: true });
}

/** How a failure is kept: an error that says for certain how the call ended is its answer, any other leaves it open. */
export function failureChanges(error: unknown): { readonly state: KeyState; readonly answer: string | null } {
  if (!isCertain(error)) return { state: isAbort(error) ? "interrupted" : "failed", answer: null };
  return { state: "failed", answer: encodeError(error) };
}

/** Whether an error says for certain how the call ended. */
export function isCertain(error: unknown): error is ReeveError {
  return error instanceof ReeveError && error.outcome === "executed";
}

function isAbort(error: unknown): boolean {
  return error instanceof ReeveError || (error instanceof Error && error.name === "AbortError");
}

function dataOf(state: Exclude<KeyState, "answered">, resource: string | null): ReasonData["DUPLICATE_KEY"] {
  return resource === null ? { state } : { state, resource };
}

function encodeError(error: ReeveError): string {
  const { data, ...rest } = error.toJSON();
  try {
    return encodePlain("error", data === undefined ? rest : { ...rest, data });
  } catch {
    return encodePlain("error", rest);
  }
}
