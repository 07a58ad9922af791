import { DriverError, type DriverLog } from "@reeve/driver-sdk";
import type { CallGuard } from "./call-guard.ts";
import type { SessionSlots } from "./session-slots.ts";

/** After so many failed checks in a row the device is set up anew. */
const renewAfterChecks = 3;

/** Whether the driver says that trying again is of no use. */
export function isHopeless(error: unknown): boolean {
  return error instanceof DriverError && !error.retryable;
}

/** Whether a failed check ends the session: another would find no other slots where they are all held. */
export function needsRenewal(slots: SessionSlots, error: unknown): boolean {
  return isHopeless(error) || (slots.failedChecks >= renewAfterChecks && !slots.exhausted);
}

/**
 * Asks the device once whether it can be worked with. Resolves when it can, or when the driver has no check.
 *
 * @param guard begins the bound of the check
 * @throws what the check threw; ReeveError `HUNG` when no call gets through; DriverError `UNAVAILABLE` when the last check runs on
 */
export async function checkSession(
  slots: SessionSlots,
  guard: () => CallGuard,
  context: { readonly log: DriverLog; readonly epoch: number },
): Promise<void> {
  if (slots.exhausted) throw slots.exhausted;
  if (!slots.session.check) return;
  // A check that hangs is not joined by another: it stays the only one until it returns.
  if (slots.checking) throw new DriverError("UNAVAILABLE", "the last check has not returned");
  const bound = guard();
  slots.checking = true;
  const checking = slots.session.check({ signal: bound.signal, ...context }).finally(() => {
    slots.checking = false;
  });
  try {
    await bound.waitFor(checking);
  } finally {
    bound.dispose();
  }
}
