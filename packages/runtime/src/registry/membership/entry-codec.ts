import { ReeveError } from "@reeve/contract";
import { parseVersion } from "@reeve/contract/internal";
import {
  addressPattern,
  type Fields,
  identityPattern,
  malformed,
  optional,
  readFields,
  readFlag,
  readList,
  readOneOf,
  readText,
  readWhole,
} from "../../gossip/index.ts";
import { sameClaim } from "./claim.ts";
import { type MemberEntry, memberStates } from "./member-entry.ts";

const maxReasons = 16;
const reasonPattern = /^[A-Z][A-Z0-9_]{0,62}$/;
const states = new Set(memberStates);
const phases = new Set(["warmingUp", "ready"] as const);

/**
 * An entry as text, so that its size is known before it is put into a message.
 *
 * @param now by this machine's clock that counts sleep
 */
export function encodeEntry(
  { major, minor, phase, reasons, cluster, reconnects, heldSince, ...entry }: MemberEntry,
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
    reconnects: reconnects || undefined,
  });
}

/** What a sender said last of the manager at a place, if anything. */
export type Earlier = (place: string) => MemberEntry | undefined;

/**
 * An entry that says what was said before is that entry.
 *
 * @param now by this machine's clock that counts sleep
 * @throws ReeveError `MALFORMED_FRAME` naming what is wrong
 */
export function readEntry(value: unknown, index: number, now: number, earlier?: Earlier): MemberEntry {
  return repeated(value, now, earlier) ?? entry(value, index, now);
}

/** What was found to be well-formed is not looked at again: most of what is told is. */
function repeated(value: unknown, now: number, earlier: Earlier | undefined): MemberEntry | undefined {
  if (!earlier || typeof value !== "object" || value === null) return undefined;
  const raw = value as Fields;
  const { manager, version, address } = raw;
  if (typeof manager !== "string" || typeof version !== "string" || typeof address !== "string") return undefined;
  const known = earlier(`${manager}.v${version.slice(0, version.indexOf("."))} ${address}`);
  return known && repeats(known, raw, now) ? known : undefined;
}

function repeats(known: MemberEntry, raw: Fields, now: number): boolean {
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
    (raw.reconnects ?? 0) === known.reconnects &&
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
  const at = `entries.${index}`;
  const fields = readFields(at, value);
  const { manager, version, address, cluster, epoch, state, phase, reasons, canServe, inFlight, queued } = fields;
  const { incarnation, store, heldMs, reconnects = 0 } = fields;
  return {
    manager: readText(`${at}.manager`, manager),
    ...versionOf(`${at}.version`, version),
    address: readText(`${at}.address`, address, addressPattern),
    cluster: optional(cluster, (name) => readText(`${at}.cluster`, name, addressPattern)),
    epoch: readWhole(`${at}.epoch`, epoch, 0),
    incarnation: optional(incarnation, (id) => readText(`${at}.incarnation`, id, identityPattern)),
    store: optional(store, (id) => readText(`${at}.store`, id, identityPattern)),
    heldSince: optional(heldMs, (ms) => now - readWhole(`${at}.heldMs`, ms, 0)),
    state: readOneOf(`${at}.state`, state, states),
    phase: optional(phase, (name) => readOneOf(`${at}.phase`, name, phases)),
    reasons: readList(`${at}.reasons`, reasons ?? [], maxReasons).map((reason, which) =>
      readText(`${at}.reasons.${which}`, reason, reasonPattern),
    ),
    canServe: readFlag(`${at}.canServe`, canServe),
    inFlight: readWhole(`${at}.inFlight`, inFlight, 0),
    queued: readWhole(`${at}.queued`, queued, 0),
    reconnects: readWhole(`${at}.reconnects`, reconnects, 0),
  };
}

function versionOf(field: string, value: unknown): { major: number; minor: number } {
  try {
    return parseVersion(field, value as string);
  } catch (cause) {
    throw cause instanceof ReeveError ? malformed(field, "a version like 1.2", value) : cause;
  }
}
