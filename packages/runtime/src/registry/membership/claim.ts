import type { MemberEntry } from "./member-entry.ts";

/** A claim to an address, as its process tells it. */
export interface Claim extends Pick<MemberEntry, "store" | "heldSince"> {
  /** One life of one process. */
  readonly sender: string;
}

interface StoreOwner {
  readonly store?: string | undefined;
}

/** Two that have held an address for the same time, but for so much, are as good as each other: the lower sender decides. */
const tieMs = 1_000;
/**
 * Each takes the other's claim for younger by what its message took, and so its own for better than it is. The one that ties
 * do not favour claims more only when it is better by more than that: rather none of two holds on to an address than both.
 */
const marginMs = 1_000;

/** Whether the epochs of two incarnations were counted in one store: only then can they be compared. */
export function sameStore(a: StoreOwner, b: StoreOwner): boolean {
  return a.store === b.store;
}

/**
 * Whether a process leaves an address to another one, whose store is not its own. Asked of both, at least one of them does, and
 * exactly one where neither holds it.
 */
export function yields(mine: Claim, other: Claim): boolean {
  if (other.heldSince === undefined) return mine.heldSince === undefined && other.sender < mine.sender;
  if (mine.heldSince === undefined) return true;
  const leadMs = other.heldSince - mine.heldSince;
  return mine.sender < other.sender ? leadMs < -tieMs : leadMs <= tieMs + marginMs;
}

/** Which of two claims from different stores a third process believes. */
export function prevails(claim: Claim, other: Claim): boolean {
  if (claim.heldSince === undefined || other.heldSince === undefined) {
    if (claim.heldSince !== other.heldSince) return claim.heldSince !== undefined;
    return claim.sender < other.sender;
  }
  const leadMs = other.heldSince - claim.heldSince;
  return Math.abs(leadMs) <= tieMs ? claim.sender < other.sender : leadMs > 0;
}

/** Whether two tell the same claim: what a duration loses on its way is no news. */
export function sameClaim(a: Pick<MemberEntry, "heldSince">, b: Pick<MemberEntry, "heldSince">): boolean {
  if (a.heldSince === undefined || b.heldSince === undefined) return a.heldSince === b.heldSince;
  return Math.abs(a.heldSince - b.heldSince) <= tieMs;
}
