import type { CompiledOperation } from "@reeve/contract/internal";

/** The longest id of a durable cast, in characters. */
export const longestCastId = 64;
/** Of acknowledged casts in one call. */
export const maxAcknowledgedCasts = 256;

const idPattern = /^[\w-]{1,64}$/;
const prefix = "cast-";

/** Whether a value can be the id of a durable cast: 1 to {@link longestCastId} letters, digits, `_` and `-`. */
export function isCastId(value: unknown): value is string {
  return typeof value === "string" && idPattern.test(value);
}

/** The idempotency key under which a durable cast is delivered. */
export function castKeyOf(id: string): string {
  return `${prefix}${id}`;
}

interface Delivered {
  readonly operation: CompiledOperation;
  readonly idempotencyKey: string | undefined;
}

/** Whether a call is the delivery of a durable cast, under the cast's key. Any other key of such an operation is an ordinary one. */
export function isCastDelivery({ operation, idempotencyKey }: Delivered): boolean {
  if (!operation.durable || !idempotencyKey?.startsWith(prefix)) return false;
  return isCastId(idempotencyKey.slice(prefix.length));
}

interface Called {
  /** The caller token, or the manager of this process. */
  readonly caller: string;
  readonly remoteCaller: boolean;
}

/** Who delivers a cast, and alone may acknowledge it, as one text. No token of another process is a manager of this one. */
export function casterOf({ caller, remoteCaller }: Called): string {
  return `${remoteCaller ? "remote" : "local"} ${caller}`;
}
