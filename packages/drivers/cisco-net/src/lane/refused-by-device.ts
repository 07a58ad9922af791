import type { Code } from "@reeve/contract";
import { DriverError } from "@reeve/driver-sdk";

/** Read from the words, because a switch gives the same number to everything that it refuses. */
const kinds: readonly (readonly [pattern: RegExp, code: Code])[] = [
  [/permission denied/i, "PERMISSION_DENIED"],
  [/resource limit|limit reached|maximum|max(imum)? number|no space|table full|exceed/i, "RESOURCE_EXHAUSTED"],
  [/not ready|in progress|try again|locked|busy|another user/i, "UNAVAILABLE"],
];

/** What a call gets whose command the switch refused, in the switch's words. */
export function refusedByDevice(text: string, applied: readonly string[]): DriverError {
  const code = kinds.find(([pattern]) => pattern.test(text))?.[1] ?? "FAILED_PRECONDITION";
  return new DriverError(code, `the switch refused it: ${text}`, { data: { applied } });
}
