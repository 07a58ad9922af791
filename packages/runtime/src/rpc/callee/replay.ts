import type { ReeveError } from "@reeve/contract";
import type { IdempotencyKey } from "../idempotency-key.ts";
import type { StreamReaders } from "./stream-readers.ts";

export type Settlement =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: ReeveError };

/** Where the answer of the first call with an idempotency key is remembered for those that repeat it. */
export interface Replay {
  readonly id: IdempotencyKey;
  /** Who reads it, where it is a stream that runs. */
  readonly readers: StreamReaders | undefined;
  /** The call has ended: how is kept, and told to those that joined it. */
  settle(settlement: Settlement): void;
  /** The call has ended with what is not kept: those that joined it are told, and the key is free again. */
  release(settlement: Settlement): void;
}
