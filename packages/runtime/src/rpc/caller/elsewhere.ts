import type { ReeveError } from "@reeve/contract";
import type { LocalTarget, RoutedCall } from "./routed-call.ts";
import type { TargetGroup } from "./targets.ts";

/** Refusals after which somebody else may take the call. */
const another = new Set(["NOT_SERVING", "NO_RESPONDERS", "PEER_LOST"]);

/** Where a call may be tried after an error: at the owner that it names, at anybody else, or nowhere. */
export type Elsewhere = "owner" | "another" | "nowhere";

/** Whether a call that ended like this may be tried elsewhere, and where: the one place that decides it, for calls in and out of this process. */
export function elsewhereAfter(call: RoutedCall, error: ReeveError): Elsewhere {
  // Twice is harmless only by its author's word: nobody else's store need know its key.
  if (!call.operation.idempotent && (!isUndone(error) || call.mayHaveRun)) return "nowhere";
  const { reason, data } = error;
  // An owner that is no text is nobody's address.
  if (reason === "MOVED")
    return typeof (data as { readonly owner?: unknown } | undefined)?.owner === "string" ? "owner" : "nowhere";
  // Where everybody is full, a retry would only take from the budget.
  if (reason === "MAILBOX_FULL")
    return call.operation.route === "any" && isServedElsewhere(call) ? "another" : "nowhere";
  return another.has(reason) ? "another" : "nowhere";
}

/** Whether another than who has it serves, may be sent it and has not refused it yet. */
export function isServedElsewhere(call: RoutedCall): boolean {
  const { binding, target: has } = call;
  if (has?.address === binding.address) return false;
  const group = groupOf(call);
  const may = (target: LocalTarget) => target !== has && target.canServe && !hasRefused(call, target);
  return group !== undefined && (group.serving.some(may) || group.near.some(may));
}

/** Whether that one refused it before. At most as many have as there are hops. */
export function hasRefused({ attempts }: RoutedCall, target: LocalTarget): boolean {
  return attempts?.some((attempt) => attempt.target === target) === true;
}

/** Those of which any may take it: what is called by address may be a cluster. */
export function groupOf({ binding: { targets, address } }: RoutedCall): TargetGroup<LocalTarget> | undefined {
  return address === undefined ? targets.everybody : targets.inCluster(address);
}

/** It did not run, this time. */
export function isUndone({ outcome }: ReeveError): boolean {
  return outcome === "never-sent" || outcome === "not-executed";
}
