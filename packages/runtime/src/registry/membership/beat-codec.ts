import { ReeveError, reeveError } from "@reeve/contract";
import { parseVersion } from "@reeve/contract/internal";
import { type Beat, beatType, type MemberEntry, type MemberState, memberStates } from "./beat.ts";
import { sameClaim } from "./claim.ts";

/** What a message takes beside its entries, at most. */
export const beatOverheadBytes = 512;
/** A sender that promises less than a beat a minute would be waited for too long. */
export const maxEveryMs = 60_000;

const maxReasons = 16;
// A sender's name may become part of a subject, so nothing that could reach another subject gets past here.
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const addressPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}(?:@[A-Za-z0-9][A-Za-z0-9_-]{0,62})?$/;
const idPattern = /^[A-Za-z0-9_-]{1,64}$/;
const reasonPattern = /^[A-Z][A-Z0-9_]{0,62}$/;
const states: ReadonlySet<unknown> = new Set(memberStates);

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * An entry as text, so that its size is known before it is put into a message.
 *
 * @param now by this machine's clock that counts sleep
 */
export function encodeEntry(
  { major, minor, phase, reasons, cluster, links, heldSince, ...entry }: MemberEntry,
  now: number,
): string {
  const told = reasons.length > 0 ? reasons.slice(0, maxReasons) : undefined;
  return JSON.stringify({
    ...entry,
    heldMs: heldSince === undefined ? undefined : Math.max(0, Math.round(now - heldSince)),
    version: `${major}.${minor}`,
    cluster,
    phase,
    reasons: told,
    links: links || undefined,
  });
}

/** @param entries from {@link encodeEntry} */
export function encodeBeat(head: Omit<Beat, "members">, entries: readonly string[]): Uint8Array {
  const { sender, host, sequence, part, partial, everyMs, lagMs, last } = head;
  const text = JSON.stringify({
    type: beatType,
    sender,
    host,
    sequence,
    part: part.parts > 1 ? part : undefined,
    partial: partial || undefined,
    everyMs,
    lagMs: Math.round(lagMs),
    last: last || undefined,
  });
  return encoder.encode(`${text.slice(0, -1)},"members":[${entries.join(",")}]}`);
}

/** What a sender said last of the manager at a place, if anything. */
export type Earlier = (sender: string, place: string) => MemberEntry | undefined;

/**
 * `undefined` for a type this version does not know. An entry that says what was said before is that entry.
 *
 * @param sinceBoot this machine's clock that counts sleep
 * @throws ReeveError `MALFORMED_FRAME` naming what is wrong
 */
export function decodeBeat(data: Uint8Array, sinceBoot: () => number, earlier?: Earlier): Beat | undefined {
  const value = record("message", parse(data));
  if (typeof value.type !== "string") throw malformed("type", value.type);
  if (value.type !== beatType) return undefined;
  if (!Array.isArray(value.members)) throw malformed("members", value.members);
  const sender = text("sender", value.sender);
  // Most tell of nobody, and reading that clock is dear.
  const now = value.members.length > 0 ? sinceBoot() : 0;
  return {
    sender,
    host: text("host", value.host),
    sequence: whole("sequence", value.sequence, 1),
    part: value.part === undefined ? { part: 1, parts: 1 } : partOf(record("part", value.part)),
    partial: flag("partial", value.partial),
    everyMs: whole("everyMs", value.everyMs, 1, maxEveryMs),
    lagMs: whole("lagMs", value.lagMs, 0),
    last: flag("last", value.last),
    members: value.members.map((member, index) => repeated(sender, member, now, earlier) ?? entry(member, index, now)),
  };
}

function parse(data: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(data));
  } catch (cause) {
    throw reeveError("MALFORMED_FRAME", "beat: the message is no JSON text", { cause });
  }
}

function partOf(value: Record<string, unknown>): { part: number; parts: number } {
  const parts = whole("part.parts", value.parts, 1);
  return { part: whole("part.part", value.part, 1, parts), parts };
}

/** What was found to be well-formed is not looked at again: most of what is told is. */
function repeated(sender: string, value: unknown, now: number, earlier: Earlier | undefined): MemberEntry | undefined {
  if (!earlier || typeof value !== "object" || value === null) return undefined;
  const raw = value as Readonly<Record<string, unknown>>;
  const { manager, version, address } = raw;
  if (typeof manager !== "string" || typeof version !== "string" || typeof address !== "string") return undefined;
  const known = earlier(sender, `${manager}.v${version.slice(0, version.indexOf("."))} ${address}`);
  return known && repeats(known, raw, now) ? known : undefined;
}

function repeats(known: MemberEntry, raw: Readonly<Record<string, unknown>>, now: number): boolean {
  const { heldMs, reasons } = raw;
  const { heldSince } = known;
  return (
    raw.manager === known.manager &&
    raw.address === known.address &&
    raw.version === `${known.major}.${known.minor}` &&
    raw.epoch === known.epoch &&
    raw.state === known.state &&
    raw.phase === known.phase &&
    raw.canServe === known.canServe &&
    raw.inFlight === known.inFlight &&
    raw.queued === known.queued &&
    (raw.links ?? 0) === known.links &&
    raw.cluster === known.cluster &&
    raw.incarnation === known.incarnation &&
    raw.store === known.store &&
    (heldMs === undefined ? heldSince === undefined : isAge(heldMs) && sameClaim({ heldSince: now - heldMs }, known)) &&
    (reasons === undefined
      ? known.reasons.length === 0
      : Array.isArray(reasons) && reasons.join() === known.reasons.join())
  );
}

function isAge(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function entry(value: unknown, index: number, now: number): MemberEntry {
  const at = `members.${index}`;
  const {
    manager,
    version,
    address,
    cluster,
    epoch,
    state,
    phase,
    reasons,
    canServe,
    inFlight,
    queued,
    links,
    ...rest
  } = record(at, value);
  const { incarnation, store, heldMs } = rest;
  if (!states.has(state)) throw malformed(`${at}.state`, state);
  if (phase !== undefined && phase !== "warmingUp" && phase !== "ready") throw malformed(`${at}.phase`, phase);
  return {
    manager: text(`${at}.manager`, manager),
    ...versionOf(`${at}.version`, version),
    address: text(`${at}.address`, address, addressPattern),
    cluster: cluster === undefined ? undefined : text(`${at}.cluster`, cluster),
    epoch: whole(`${at}.epoch`, epoch, 0),
    incarnation: incarnation === undefined ? undefined : text(`${at}.incarnation`, incarnation, idPattern),
    store: store === undefined ? undefined : text(`${at}.store`, store, idPattern),
    heldSince: heldMs === undefined ? undefined : now - whole(`${at}.heldMs`, heldMs, 0),
    state: state as MemberState,
    phase,
    reasons: reasonsOf(`${at}.reasons`, reasons ?? []),
    canServe: flag(`${at}.canServe`, canServe),
    inFlight: whole(`${at}.inFlight`, inFlight, 0),
    queued: whole(`${at}.queued`, queued, 0),
    links: whole(`${at}.links`, links ?? 0, 0),
  };
}

function versionOf(field: string, value: unknown): { major: number; minor: number } {
  try {
    return parseVersion(field, value as string);
  } catch (cause) {
    throw cause instanceof ReeveError ? malformed(field, value) : cause;
  }
}

function reasonsOf(field: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length > maxReasons) throw malformed(field, value);
  return value.map((reason, index) => text(`${field}.${index}`, reason, reasonPattern));
}

function record(field: string, value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed(field, value);
  return value as Record<string, unknown>;
}

function text(field: string, value: unknown, pattern = namePattern): string {
  if (typeof value !== "string" || !pattern.test(value)) throw malformed(field, value);
  return value;
}

function whole(field: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most)
    throw malformed(field, value);
  return value;
}

function flag(field: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== "boolean") throw malformed(field, value);
  return value === true;
}

function malformed(field: string, value: unknown): Error {
  const shown = typeof value === "object" && value !== null ? "an object" : String(value).slice(0, 80);
  return reeveError("MALFORMED_FRAME", `beat: ${field}: ${JSON.stringify(shown)} is not what ${beatType} has there`);
}
