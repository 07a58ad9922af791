import { digestPlain } from "../store/plain-data.ts";
import type { Principal } from "./principal.ts";

/** The longest idempotency key, in characters, whichever way the call comes in. */
export const longestIdempotencyKey = 200;

/**
 * Whose idempotency key it is and what for. Two calls are the same call if all five are equal; through which process they came
 * is no part of it, so that a repetition may take another way.
 */
export interface IdempotencyKey {
  /** The contract's name. */
  readonly manager: string;
  readonly operation: string;
  /** Of the principal; empty for a principal without tenant. */
  readonly tenant: string;
  /** Of the principal. */
  readonly user: string;
  /** As the caller chose it: 1 to {@link longestIdempotencyKey} characters. */
  readonly key: string;
}

interface Keyed {
  readonly contract: { readonly name: string };
  readonly operation: { readonly name: string };
  readonly principal: Principal;
  readonly idempotencyKey: string | undefined;
}

/** The identity of a call's key. The call has one. */
export function idempotencyKeyOf({ contract, operation, principal, idempotencyKey }: Keyed): IdempotencyKey {
  const { tenant = "", user } = principal;
  return { manager: contract.name, operation: operation.name, tenant, user, key: idempotencyKey! };
}

/** Whether a value can be an idempotency key. */
export function isIdempotencyKey(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= longestIdempotencyKey;
}

/** The identity as one text: equal texts are equal identities. */
export function keyText({ manager, operation, tenant, user, key }: IdempotencyKey): string {
  return JSON.stringify([manager, operation, tenant, user, key]);
}

/** Who chose the key, as one text. */
export function ownerText({ tenant, user }: IdempotencyKey): string {
  return JSON.stringify([tenant, user]);
}

/** What {@link keyText} was made of. */
export function keyOfText(text: string): IdempotencyKey {
  const [manager, operation, tenant, user, key] = JSON.parse(text) as [string, string, string, string, string];
  return { manager, operation, tenant, user, key };
}

/**
 * What tells the input of a repetition from another one, in whatever order its fields are. Empty for what is not plain data;
 * among such inputs none is told from another. Memory compares inputs as they came, because a repetition joins before it is
 * checked; the store compares what the schema made of them, because that is what ran.
 */
export function inputDigestOf(input: unknown): string {
  try {
    return digestPlain("input", input);
  } catch {
    return "";
  }
}
