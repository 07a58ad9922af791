import { type Contract, type ReeveError, reeveError } from "@reeve/contract";
import { type CallStage, outcomeOf } from "./call-stage.ts";

/** The call, as far as it is told of. */
interface DepartedCall {
  readonly stage: CallStage;
  readonly attempts: Parameters<typeof outcomeOf>[1];
  /** Empty before somebody had it. */
  readonly manager: string;
  readonly contract: Contract;
  readonly operation: { readonly name: string };
}

/** @param linkDownSince as ISO text, where the link to who has it is down */
export function deadlinePassed(call: DepartedCall, linkDownSince: string | undefined): ReeveError {
  const outcome = outcomeOf(call.stage, call.attempts);
  const when = outcome === "maybe-executed" ? "" : " before it ran";
  const why = linkDownSince === undefined ? "" : `; the link to the broker has been down since ${linkDownSince}`;
  const data = linkDownSince === undefined ? undefined : { linkDownSince };
  const message = `${nameOf(call)}: the deadline passed${when}${why}`;
  return reeveError("DEADLINE_EXCEEDED", message, { outcome, ...(data && { data }) });
}

export function cancelledByCaller(call: DepartedCall, cause: unknown): ReeveError {
  const outcome = outcomeOf(call.stage, call.attempts);
  return reeveError("CANCELLED", `${nameOf(call)}: cancelled by its caller`, { outcome, cause });
}

function nameOf({ manager, contract, operation }: DepartedCall): string {
  return `${manager === "" ? contract.name : manager}: ${operation.name}`;
}
