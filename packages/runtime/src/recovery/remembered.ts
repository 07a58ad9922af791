import { ReeveError, type ReeveErrorJson, reeveError } from "@reeve/contract";
import { decodePlain, encodePlain } from "../store/index.ts";
import type { KeyRow, KeyState } from "./key-store.ts";

/**
 * What a finished or dead call left under its key.
 *
 * @throws the error it ended with; ReeveError `DUPLICATE_KEY` when its answer is not known
 */
export function remembered({ key, operation, state, answer, provisional }: KeyRow): unknown {
  if (state === "answered") return decodePlain(answer!);
  if (state === "failed" && answer !== null) throw new ReeveError(decodePlain(answer) as ReeveErrorJson);
  if (state !== "failed" && provisional !== null) return decodePlain(provisional);
  throw reeveError(
    "DUPLICATE_KEY",
    `"${operation}" already ran under idempotency key "${key}", and its answer is not known; look at what it did before trying with another key`,
    { data: { state } },
  );
}

export function stillRunning({ key, operation }: Pick<KeyRow, "key" | "operation">): ReeveError {
  const message = `"${operation}" still runs under idempotency key "${key}"; ask again later for its answer`;
  return reeveError("DUPLICATE_KEY", message, { data: { state: "running" satisfies KeyState }, retryable: true });
}

/** How a failure is kept: an error that says for certain how the call ended is its answer, any other leaves it open. */
export function failureChanges(error: unknown): { readonly state: KeyState; readonly answer: string | null } {
  if (!(error instanceof ReeveError)) return { state: "failed", answer: null };
  if (error.outcome !== "executed") return { state: "interrupted", answer: null };
  return { state: "failed", answer: encodeError(error) };
}

function encodeError(error: ReeveError): string {
  const { data, ...rest } = error.toJSON();
  try {
    return encodePlain("error", data === undefined ? rest : { ...rest, data });
  } catch {
    return encodePlain("error", rest);
  }
}
