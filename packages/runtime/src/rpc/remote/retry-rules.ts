import { type ReeveError, reeveError } from "@reeve/contract";
import type { Call } from "../call.ts";
import { hasRoomElsewhere } from "../router.ts";
import type { PendingCall } from "./pending-call.ts";

/** Reasons after which somebody else, or the same one later, may take the call. */
const elsewhere = new Set(["NOT_SERVING", "NO_RESPONDERS", "PEER_LOST"]);

/** The broker, or membership, says that the callee is not there: nothing was taken. */
export function nobodyThere({ target, call }: PendingCall): ReeveError {
  const { key, contract, address } = target;
  const message = `${key} (version ${contract.version}): nobody is there to answer ${call.operation.name}`;
  return reeveError("NO_RESPONDERS", message, { address });
}

/** Whether somebody else may take what ended like this. An owner that is no text is nobody's address. */
export function isElsewhere(call: Call, { reason, data }: ReeveError): boolean {
  // Where everybody is full, a retry would only take from the budget.
  if (reason === "MAILBOX_FULL") return hasRoomElsewhere(call);
  if (reason === "MOVED") return typeof (data as { readonly owner?: unknown } | undefined)?.owner === "string";
  return elsewhere.has(reason);
}

/** Running it twice is harmless by its author's word, or kept from happening by its own store. */
export function isRepeatable({ operation, idempotencyKey }: Call): boolean {
  return operation.idempotent || (operation.dedupe === "store" && idempotencyKey !== undefined);
}
