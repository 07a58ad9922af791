import { longestIdentity, maxAcknowledged } from "./limits.ts";
import { malformed } from "./msgpack.ts";

/** What a caller says with a message. */
export interface CallerSays {
  /** Milliseconds of its monotonic clock. */
  readonly sentAt: number;
  /** The called incarnation; undefined where the caller does not know it. */
  readonly incarnation: string | undefined;
  /** Nothing lower is sent any more. */
  readonly floor: number;
  /** First and last of each range of numbers whose answers it has, ascending. */
  readonly acknowledged: readonly number[];
}

const none: readonly number[] = Object.freeze([]);

/**
 * The head of a message from a caller. What stands at its end may be left out.
 *
 * @throws ReeveError `MALFORMED_FRAME`
 */
export function readCallerHead([sentAt, incarnation, floor = 1, acknowledged = none]: readonly unknown[]): CallerSays {
  if (typeof sentAt !== "number" || !Number.isFinite(sentAt)) throw malformed("sentAt: expected a finite number");
  if (incarnation !== null && incarnation !== undefined && !isIdentity(incarnation))
    throw malformed(`incarnation: expected text of 1 to ${longestIdentity} characters, or nil`);
  if (!Number.isSafeInteger(floor) || (floor as number) < 1) throw malformed("floor: expected 1 to 2^53 - 1");
  return {
    sentAt,
    incarnation: incarnation ?? undefined,
    floor: floor as number,
    acknowledged: readRanges(acknowledged),
  };
}

/** An answer that nobody here has that incarnation repeats it for every call of its message. */
function isIdentity(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= longestIdentity;
}

function readRanges(value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length % 2 !== 0 || value.length > 2 * maxAcknowledged)
    throw malformed(`acks: expected 0 to ${maxAcknowledged} pairs`);
  let before = 0;
  for (let at = 0; at < value.length; at++) {
    const number: unknown = value[at];
    const ascends = at % 2 === 0 ? (number as number) > before : (number as number) >= before;
    if (!Number.isSafeInteger(number) || !ascends) throw malformed("acks: expected ascending pairs of numbers");
    before = number as number;
  }
  return value;
}
