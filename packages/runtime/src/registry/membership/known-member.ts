import type { Member } from "../../rpc/membership.ts";
import { sameClaim } from "./claim.ts";
import type { MemberEntry } from "./member-entry.ts";
import type { Hearing, MemberView } from "./member-view.ts";

/** A manager somewhere else, with what only people and tools ask for. */
export interface KnownMember extends Omit<Member, "incarnation" | "store">, MemberEntry {
  readonly host: string;
  /** One life of one process. */
  readonly sender: string;
  /** How well its process is heard. Unless it is `heard`, `any` avoids it. */
  readonly hearing: Hearing;
}

/** As it says it is, unless its process is silent, or its event loop is held up: then it may not know. */
export function knownMember(entry: MemberEntry, { host, caller, id, hearing, lagging }: MemberView): KnownMember {
  const told = lagging ? lagged(entry) : entry;
  const canServe = told.canServe && hearing === "heard";
  return Object.freeze({ ...told, canServe, host, caller, sender: id, hearing });
}

/** What is known of a manager whose event loop does not turn. */
function lagged(entry: MemberEntry): MemberEntry {
  if (entry.state !== "serving" && entry.state !== "degraded") return entry;
  const reasons = [...entry.reasons.filter((reason) => reason !== "LOOP_LAGGING"), "LOOP_LAGGING"];
  return { ...entry, state: "degraded", phase: undefined, reasons, canServe: false };
}

/** Whether a message says nothing new of a member: most do. */
export function tellsNothingNew(
  before: MemberEntry,
  known: KnownMember,
  entry: MemberEntry,
  view: MemberView,
): boolean {
  return (
    known.sender === view.id &&
    known.hearing === view.hearing &&
    known.reasons.includes("LOOP_LAGGING") === (view.lagging || entry.reasons.includes("LOOP_LAGGING")) &&
    (before === entry || sameEntry(before, entry))
  );
}

function sameEntry(a: MemberEntry, b: MemberEntry): boolean {
  return (
    a.canServe === b.canServe &&
    a.epoch === b.epoch &&
    a.incarnation === b.incarnation &&
    a.store === b.store &&
    sameClaim(a, b) &&
    a.state === b.state &&
    a.phase === b.phase &&
    a.inFlight === b.inFlight &&
    a.queued === b.queued &&
    a.minor === b.minor &&
    a.reconnects === b.reconnects &&
    a.cluster === b.cluster &&
    a.reasons.join() === b.reasons.join()
  );
}

export function sameIncarnation(a: KnownMember, b: KnownMember): boolean {
  if (a.incarnation !== undefined && b.incarnation !== undefined) return a.incarnation === b.incarnation;
  return a.sender === b.sender && a.epoch === b.epoch;
}

/** Whether its process has lost its link since, and has reconnected. Another incarnation has lost more than that. */
export function hasReconnected(before: KnownMember, after: KnownMember): boolean {
  return after.reconnects > before.reconnects && sameIncarnation(before, after);
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
