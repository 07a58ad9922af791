import { type ReeveError, reeveError } from "@reeve/contract";
import { type IdempotencyKey, inputDigestOf } from "../rpc/idempotency-key.ts";
import type { KeyRow } from "./key-store.ts";
import { isCertain } from "./remembered.ts";

/** A call whose work and answer are kept under a key. */
export interface KeyedCall {
  readonly id: IdempotencyKey;
  /** Compared by digest with that of earlier calls; not kept. */
  readonly input: unknown;
  /** The call itself: transactions of calls that it makes within its incarnation are no part of it. */
  readonly call?: object;
  /** Whether what a transaction returned would do as the call's answer, should there be no other. Never asked of undefined. */
  readonly isAnswer?: (value: unknown) => boolean;
  /** Who delivers it, where it is a durable cast. */
  readonly caster?: string | undefined;
  /** Ids of that one's casts whose keys may go. */
  readonly acknowledges?: readonly string[] | undefined;
}

/** What recovery made of a run's work, while the run went on. */
export interface RecoveredRun {
  readonly answer: unknown;
  /** What the work had thrown. */
  readonly error: unknown;
}

/** One run of a keyed call, as its transactions see it. */
export class KeyedRun {
  readonly call: KeyedCall;
  readonly row: KeyRow;
  /** What the key stands for, once work has begun under it. */
  resource: string | null = null;
  /** Whether it runs the call, and does not only look up what an earlier run has left. */
  begun = false;
  /** Whether the key is in the store, because a transaction was committed. */
  committed = false;
  /** Afterwards, transactions of what it left running are no part of it. */
  ended = false;
  /** Somebody else's row under the same key, found when the first transaction began. */
  conflict: KeyRow | undefined;
  recovered: RecoveredRun | undefined;
  /** Why nobody waits for it any more; whatever it still tries to commit is refused with this. */
  abandoned: ReeveError | undefined;

  constructor(call: KeyedCall, { address, epoch }: Pick<KeyRow, "address" | "epoch">, createdAt: Date) {
    const { manager, operation, tenant, user, key } = call.id;
    this.call = call;
    this.row = {
      ...{ manager, operation, tenant, user, key },
      ...{ address, epoch, createdAt, inputDigest: inputDigestOf(call.input) },
      ...{ state: "running", provisional: null, answer: null, resource: null, caster: call.caster ?? null },
    };
  }

  /** Whether `value`, returned by a transaction, would do as the answer. */
  answers(value: unknown): boolean {
    return value !== undefined && this.call.isAnswer?.(value) === true;
  }

  /** Whether recovery has answered for it, where it says no more than that its work failed. */
  isOutdone(error: unknown): boolean {
    return this.recovered !== undefined && (error === this.recovered.error || !isCertain(error));
  }

  /** @throws ReeveError `INVALID_INPUT` when the other call had another input */
  requireSame({ inputDigest }: Pick<KeyRow, "inputDigest">): void {
    const { operation, key } = this.row;
    if (inputDigest === this.row.inputDigest) return;
    throw reeveError(
      "INVALID_INPUT",
      `${operation}: idempotencyKey: "${key}" was used with another input; a new call needs a new key`,
    );
  }
}
