import { reeveError } from "@reeve/contract";
import { digestPlain } from "../store/index.ts";
import type { KeyRow } from "./key-store.ts";

/** A call whose work and answer are kept under a key. */
export interface KeyedCall {
  readonly key: string;
  readonly operation: string;
  /** Whose key it is; the same key of another caller is another key. Default: everybody's. */
  readonly caller?: string;
  /** Compared by digest with that of earlier calls; not kept. */
  readonly input: unknown;
  /** Whether what a transaction returned would do as the call's answer, should there be no other. Never asked of undefined. */
  readonly isAnswer?: (value: unknown) => boolean;
}

const longestKey = 200;

/** One run of a keyed call, as its transactions see it. */
export class KeyedRun {
  readonly call: KeyedCall;
  readonly row: KeyRow;
  /** Whether the key is in the store, because a transaction was committed. */
  committed = false;
  /** Afterwards, transactions of what it left running are no part of it. */
  ended = false;
  /** Somebody else's row under the same key, found when the first transaction began. */
  conflict: KeyRow | undefined;

  /** @throws ReeveError `INVALID_INPUT` when the key is empty or too long */
  constructor(call: KeyedCall, incarnation: Pick<KeyRow, "manager" | "address" | "epoch">, createdAt: Date) {
    const { key, operation, caller = "", input } = call;
    if (typeof key !== "string" || key === "" || key.length > longestKey) {
      throw reeveError(
        "INVALID_INPUT",
        `idempotencyKey: ${JSON.stringify(key)?.slice(0, 80)} is no text of 1 to ${longestKey} characters`,
      );
    }
    this.call = call;
    this.row = {
      ...{ manager: incarnation.manager, address: incarnation.address, epoch: incarnation.epoch },
      ...{ key, caller, operation, createdAt, inputDigest: digestPlain("input", input) },
      ...{ state: "running", provisional: null, answer: null },
    };
  }

  /** Whether `value`, returned by a transaction, would do as the answer. */
  answers(value: unknown): boolean {
    return value !== undefined && this.call.isAnswer?.(value) === true;
  }

  /** @throws ReeveError `INVALID_INPUT` when the other call was a different one */
  requireSame(other: Pick<KeyRow, "operation" | "inputDigest">): void {
    const { key, operation, inputDigest } = this.row;
    if (other.operation === operation && other.inputDigest === inputDigest) return;
    const difference = other.operation === operation ? "another input" : `operation "${other.operation}"`;
    throw reeveError(
      "INVALID_INPUT",
      `idempotencyKey: "${key}" was used with ${difference}; a new call needs a new key`,
    );
  }
}
