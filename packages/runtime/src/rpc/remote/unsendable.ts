import { type Outcome, type ReeveError, reeveError } from "@reeve/contract";
import type { Refused } from "../wire/envelope.ts";
import type { PendingCall } from "./client/pending-call.ts";

/** What the caller is told of an input that cannot travel, where it was not sent before. */
export function unsendable(
  { target, call }: PendingCall,
  refused: Exclude<Refused, "full">,
  limitBytes: number,
): ReeveError {
  const field = `${target.key}: ${call.operation.name}`;
  const outcome = "never-sent";
  if ("problem" in refused) {
    const message = `${field}: its input cannot be sent: ${refused.problem}`;
    return reeveError("INVALID_INPUT", message, { outcome, data: { issues: [{ path: "", message }] } });
  }
  const { bytes } = refused;
  const message = `${field}: ${bytes} bytes exceed the transport's limit of ${limitBytes}`;
  return reeveError("PAYLOAD_TOO_LARGE", message, { outcome, data: { bytes, limitBytes } });
}

/**
 * What the caller is told of an answer, an error or a step that cannot travel.
 *
 * @param what names it: `copy: its answer`
 * @param outcome of the call that it is about
 */
export function unsendableOutput(
  what: string,
  refused: Exclude<Refused, "full">,
  limitBytes: number,
  outcome: Outcome = "executed",
): ReeveError {
  if ("problem" in refused) {
    return reeveError("INVALID_OUTPUT", `${what} cannot be sent: ${refused.problem}`, { outcome });
  }
  const { bytes } = refused;
  const message = `${what} of ${bytes} bytes exceeds the transport's ${limitBytes}`;
  return reeveError("PAYLOAD_TOO_LARGE", message, { outcome, data: { bytes, limitBytes } });
}
