import { type ReeveError, reeveError } from "@reeve/contract";
import type { Call } from "../../call.ts";
import type { Endpoint, Entry } from "./endpoint.ts";

/** No call is given longer, whatever its caller says: 24 days, as long as timers go. */
const longestMs = 2_147_483_647;

/** Gives a call to its manager. Its time runs already. */
export function takeOver(endpoint: Endpoint, call: Call, now: number): void {
  endpoint.began();
  endpoint.manager.deliver(call);
  if (!call.running && !call.settled) call.watchDeadline(now);
}

/**
 * The time that a call has from its receipt on.
 *
 * @param ms as its caller gave it, less what was spent on the way
 * @param waitedMs since it was received
 * @throws ReeveError `DEADLINE_EXCEEDED` when that is over
 */
export function timeLeft(ms: number, waitedMs: number, endpoint: Endpoint, entry: Entry): number {
  if (ms > waitedMs) return Math.min(ms, longestMs);
  throw refusal("DEADLINE_EXCEEDED", endpoint, entry, "the deadline passed before it came here", "not-executed");
}

/** Why a call is not run here, or not told what became of it. */
export function refusal(
  reason: "DEADLINE_EXCEEDED" | "LINK_LOST" | "CALLER_FULL",
  { manager }: Endpoint,
  { operation }: Entry,
  problem: string,
  outcome?: ReeveError["outcome"],
): ReeveError {
  const { key, address } = manager;
  return reeveError(reason, `${key}: ${operation}: ${problem}`, { address, ...(outcome && { outcome }) });
}
