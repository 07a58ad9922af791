import type { Member } from "../../rpc/membership.ts";
import type { MemberEntry } from "./beat.ts";
import { sameClaim } from "./claim.ts";
import type { SenderView } from "./sender-view.ts";

/** A manager somewhere else, with what only people and tools ask for. */
export interface KnownMember extends Omit<Member, "incarnation" | "store">, MemberEntry {
  readonly host: string;
  /** One life of one process. */
  readonly sender: string;
  /** How long the event loop of its process was held up when it last beat, in milliseconds. */
  readonly lagMs: number;
  /** Its process is silent for longer than it should be, and not yet given up. */
  readonly suspect: boolean;
}

export function knownMember(entry: MemberEntry, { host, caller, id, lagMs, suspect }: SenderView): KnownMember {
  return Object.freeze({ ...entry, canServe: entry.canServe && !suspect, host, caller, sender: id, lagMs, suspect });
}

/** Whether a beat says nothing new of a member: most do. */
export function tellsNothingNew(known: KnownMember, entry: MemberEntry, view: SenderView): boolean {
  return (
    known.sender === view.id &&
    known.suspect === view.suspect &&
    known.lagMs === view.lagMs &&
    known.canServe === (entry.canServe && !view.suspect) &&
    known.epoch === entry.epoch &&
    known.incarnation === entry.incarnation &&
    known.store === entry.store &&
    sameClaim(known, entry) &&
    known.state === entry.state &&
    known.phase === entry.phase &&
    known.inFlight === entry.inFlight &&
    known.queued === entry.queued &&
    known.minor === entry.minor &&
    known.links === entry.links &&
    known.cluster === entry.cluster &&
    known.reasons.join() === entry.reasons.join()
  );
}

export function sameIncarnation(a: KnownMember, b: KnownMember): boolean {
  if (a.incarnation !== undefined && b.incarnation !== undefined) return a.incarnation === b.incarnation;
  return a.sender === b.sender && a.epoch === b.epoch;
}

/** Whether its process has lost its link since, and has it again. Another incarnation has lost more than that. */
export function wasRelinked(before: KnownMember, after: KnownMember): boolean {
  return after.links > before.links && sameIncarnation(before, after);
}

/** Whether callers see no difference; load and lag are nothing to them. */
export function sameToCallers(a: KnownMember, b: KnownMember): boolean {
  return (
    sameIncarnation(a, b) &&
    a.minor === b.minor &&
    a.canServe === b.canServe &&
    a.cluster === b.cluster &&
    a.caller === b.caller &&
    a.state === b.state &&
    a.phase === b.phase
  );
}
