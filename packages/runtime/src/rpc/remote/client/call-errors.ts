import { type Outcome, ReeveError, reeveError } from "@reeve/contract";
import type { PendingCall } from "./pending-call.ts";

/** The broker, or membership, says that the callee is not there: nothing was taken. */
export function nobodyThere({ target, call }: PendingCall): ReeveError {
  const { key, contract, address } = target;
  const message = `${key} (version ${contract.version}): nobody is there to answer ${call.operation.name}`;
  return reeveError("NO_RESPONDERS", message, { outcome: "never-sent", address });
}

/** Membership says that whoever had it is gone. */
export function calleeGone({ target, call }: PendingCall): ReeveError {
  const message = `${target.key}: the incarnation that had ${call.operation.name} is gone`;
  return reeveError("PEER_LOST", message, { outcome: "maybe-executed", address: target.address });
}

/** The same error, where it says less of the call than is known here. */
export function retold(error: ReeveError, outcome: Outcome): ReeveError {
  if (error.outcome === outcome) return error;
  const { code, reason, message, data, retryable, address } = error;
  return new ReeveError({ code, reason, message, data, retryable, address, outcome, cause: error.cause });
}
