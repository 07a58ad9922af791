import { type Contract, ReeveError, reeveError } from "@reeve/contract";
import { carriedOut, type IdempotencyKeys } from "../recovery/index.ts";
import type { RunningCall } from "../rpc/callee/running-call.ts";
import { Unrun } from "../rpc/callee/unrun.ts";
import { casterOf, isCastDelivery } from "../rpc/cast-key.ts";

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
  const { operation } = call.offered!;
  const { idempotencyKey, acknowledges } = call;
  const caster = isCastDelivery({ operation, idempotencyKey }) ? casterOf(call) : undefined;
  // A cast outlives versions of its callee, whose schemas make another thing of the same input.
  const input = caster === undefined ? call.parsed : call.input;
  const keyed = { id: call.replay!.id, input, call, isAnswer, caster, acknowledges };
  let own: { readonly error: unknown } | undefined;
  try {
    return await keys.within(keyed, async () => {
      try {
        const answer = await run();
        return operation.output === undefined ? undefined : answer;
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

/**
 * Drops what a delivery of a durable cast acknowledges that joins an earlier one.
 *
 * @throws ReeveError `NOT_SERVING` before the manager has its store; the store's
 */
export async function acknowledgeOf(keys: IdempotencyKeys | undefined, call: RunningCall): Promise<void> {
  const { idempotencyKey, acknowledges } = call;
  const { operation } = call.offered!;
  if (acknowledges === undefined || !isCastDelivery({ operation, idempotencyKey })) return;
  if (!keys) throw reeveError("NOT_SERVING", `${call.contract.name}: ${operation.name}: it keeps no keys yet`);
  await keys.acknowledge(casterOf(call), acknowledges);
}

/** Whether a value would do as the answer of an operation of the contract. */
export function answersOf({ operations }: Contract): (operation: string, value: unknown) => boolean {
  return (name, value) => {
    const operation = operations.get(name);
    return operation !== undefined && answers({ operation }, value);
  };
}

function answers({ operation }: Pick<RunningCall, "operation">, value: unknown): boolean {
  if (operation.output === undefined) return value === carriedOut;
  const result = operation.output["~standard"].validate(value);
  return !(result instanceof Promise) && !result.issues;
}
