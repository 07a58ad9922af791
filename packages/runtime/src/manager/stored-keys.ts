import { type Contract, ReeveError } from "@reeve/contract";
import type { IdempotencyKeys } from "../recovery/index.ts";
import type { RunningCall } from "../rpc/callee/running-call.ts";
import { Unrun } from "../rpc/callee/unrun.ts";

/**
 * Runs a keyed call through the store: what a transaction returned stands in for an answer that a crash has swallowed. What the
 * key itself says, an error that was kept or that there is no answer, ends the call as one that did not run.
 */
export async function onceByKey(
  keys: IdempotencyKeys,
  call: RunningCall,
  run: () => Promise<unknown>,
): Promise<unknown> {
  const isAnswer = (value: unknown) => answers(call, value);
  let own: { readonly error: unknown } | undefined;
  try {
    return await keys.within({ id: call.replay!.id, input: call.parsed, call, isAnswer }, async () => {
      try {
        return await run();
      } catch (error) {
        own = { error };
        throw error;
      }
    });
  } catch (error) {
    if (error instanceof ReeveError && own?.error !== error) throw new Unrun(error, false);
    throw error;
  }
}

/** Whether a value would do as the answer of an operation of the contract. */
export function answersOf({ operations }: Contract): (operation: string, value: unknown) => boolean {
  return (name, value) => {
    const operation = operations.get(name);
    return operation !== undefined && answers({ operation }, value);
  };
}

function answers({ operation }: Pick<RunningCall, "operation">, value: unknown): boolean {
  const result = operation.output?.["~standard"].validate(value);
  return result !== undefined && !(result instanceof Promise) && !result.issues;
}
