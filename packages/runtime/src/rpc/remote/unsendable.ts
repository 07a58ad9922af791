import { type ReeveError, reeveError } from "@reeve/contract";
import type { Refused } from "../wire/envelope.ts";
import type { PendingCall } from "./pending-call.ts";

/** What the caller is told of an input that cannot travel. */
export function unsendable(
  { target, call }: PendingCall,
  refused: Exclude<Refused, "full">,
  limitBytes: number,
): ReeveError {
  const field = `${target.key}: ${call.operation.name}`;
  if ("problem" in refused) {
    const message = `${field}: its input cannot be sent: ${refused.problem}`;
    return reeveError("INVALID_INPUT", message, { outcome: "never-sent", data: { issues: [{ path: [], message }] } });
  }
  const { bytes } = refused;
  const message = `${field}: ${bytes} bytes exceed the transport's limit of ${limitBytes}`;
  return reeveError("PAYLOAD_TOO_LARGE", message, { data: { bytes, limitBytes } });
}
