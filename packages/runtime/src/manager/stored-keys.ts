import type { IdempotencyKeys } from "../recovery/index.ts";
import type { Call } from "../rpc/call.ts";

/** Runs a keyed call through the store: what a transaction returned stands in for an answer that a crash has swallowed. */
export function onceByKey(keys: IdempotencyKeys, call: Call, run: () => Promise<unknown>): Promise<unknown> {
  const { operation, idempotencyKey, parsed, caller } = call;
  const validate = operation.output?.["~standard"].validate;
  const isAnswer = (value: unknown): boolean => {
    const result = validate?.(value);
    return result !== undefined && !(result instanceof Promise) && !result.issues;
  };
  return keys.within({ key: idempotencyKey!, operation: operation.name, caller, input: parsed, isAnswer }, run);
}
