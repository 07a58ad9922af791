import { type ReeveError, reeveError } from "@reeve/contract";
import type { RoutedCall } from "../../caller/routed-call.ts";
import { hasRoomElsewhere, isServedElsewhere } from "../../caller/router.ts";
import type { PendingCall } from "./pending-call.ts";

/** Reasons after which somebody else, or the same one later, may take the call. */
const elsewhere = new Set(["NOT_SERVING", "NO_RESPONDERS", "PEER_LOST"]);

/** The broker, or membership, says that the callee is not there: nothing was taken. */
export function nobodyThere({ target, call }: PendingCall): ReeveError {
  const { key, contract, address } = target;
  const message = `${key} (version ${contract.version}): nobody is there to answer ${call.operation.name}`;
  return reeveError("NO_RESPONDERS", message, { address });
}

export function linkBroke({ target, call }: PendingCall): ReeveError {
  const message = `${target.key}: ${call.operation.name}: the link broke after the call was sent; it may have run`;
  return reeveError("LINK_LOST", message, { address: target.address });
}

/** Membership says that whoever had it is gone. */
export function calleeGone({ target, call }: PendingCall): ReeveError {
  const message = `${target.key}: the incarnation that had ${call.operation.name} is gone`;
  return reeveError("PEER_LOST", message, { address: target.address });
}

/** Whether somebody else may be sent what ended like this, and had left its caller in doubt before or not. */
export function mayGoElsewhere({ call, doubt }: PendingCall, error: ReeveError): boolean {
  if (!isElsewhere(call, error)) return false;
  // Nobody else's store need know its key.
  return call.operation.idempotent || (doubt === undefined && isUndone(error));
}

/** Whether it waits for the address that had it to come back: there the key of what may have run is known. */
export function waitsForReturn(pending: PendingCall): boolean {
  return isRepeatable(pending.call) && staysThere(pending);
}

/** Whether nobody but the callee that may have run it can be sent it. */
export function staysThere({ call }: PendingCall): boolean {
  return !(call.operation.idempotent && isServedElsewhere(call));
}

/** Whether it may have run, and only the key in the store that it ran on keeps it from running twice. */
export function needsItsStore({ call, doubt }: PendingCall): boolean {
  return !call.operation.idempotent && doubt !== undefined && !isUndone(doubt);
}

/** It did not run, this time. */
export function isUndone({ outcome }: ReeveError): boolean {
  return outcome === "never-sent" || outcome === "not-executed";
}

/** An owner that is no text is nobody's address. */
function isElsewhere(call: RoutedCall, { reason, data }: ReeveError): boolean {
  // Where everybody is full, a retry would only take from the budget.
  if (reason === "MAILBOX_FULL") return hasRoomElsewhere(call);
  if (reason === "MOVED") return typeof (data as { readonly owner?: unknown } | undefined)?.owner === "string";
  return elsewhere.has(reason);
}

/** Running it twice is harmless by its author's word, or kept from happening by its own store. */
export function isRepeatable({ operation, idempotencyKey }: RoutedCall): boolean {
  return operation.idempotent || (isSentAgain(operation) && idempotencyKey !== undefined);
}

/** Whether its key is reason enough: steps of another run do not follow those that came, so joining a stream is for its caller to decide. */
export function isSentAgain({ dedupe, kind }: RoutedCall["operation"]): boolean {
  return dedupe === "store" && kind !== "stream";
}
