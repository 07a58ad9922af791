import { catalogue, type Reason } from "@reeve/contract";

/** Whether it is one of the runtime's own; those that contracts declare are theirs to explain. */
export function isKnownReason(reason: string): reason is Reason {
  return Object.hasOwn(catalogue, reason);
}
