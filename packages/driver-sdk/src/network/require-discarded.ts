import { malformed } from "./malformed.ts";
import type { Discarded } from "./network-driver.ts";
import { requirePoint } from "./require-port.ts";
import { requireSegmentKey } from "./require-segment.ts";

const markPattern = /^[0-9a-f]{12}$/;

/**
 * The input of `discard`, checked field by field; a copy without other fields.
 *
 * @throws DriverError `INVALID_ARGUMENT` naming the field and the value
 * @example
 * ```ts
 * const { kind, mark } = requireDiscarded(discarded);
 * ```
 */
export function requireDiscarded(given: Discarded): Discarded {
  // What comes from JavaScript may be neither.
  const { kind, mark } = given as { readonly kind: "segment" | "port"; readonly mark?: unknown };
  if (kind !== "segment" && kind !== "port") throw malformed("kind", `"segment" or "port"`, kind);
  if (mark !== undefined) {
    if (typeof mark === "string" && markPattern.test(mark)) return { kind, mark };
    throw malformed("mark", "12 hexadecimal digits", mark);
  }
  if (given.mark !== undefined || kind === "segment") throw malformed("mark", "12 hexadecimal digits", mark);
  // A port that is known by its place has no network's id: any will do for the check.
  const { segment, physicalNetwork } = requireSegmentKey({ ...given, networkId: "unknown" });
  return { kind, segment, physicalNetwork, point: requirePoint("point", given.point) };
}
