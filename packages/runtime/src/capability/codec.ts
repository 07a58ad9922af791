import { reeveError } from "@reeve/contract";
import { type CapabilityEntry, type CapabilityMessage, type Fields, messageType } from "./message.ts";
import { isReportedStatus } from "./status.ts";

/** What a message takes beside its entries, at most. */
export const messageOverheadBytes = 512;
/** What an entry takes beside its fields, at most: names of 63 letters, an address of 127, two identities of 64, three numbers. */
export const entryOverheadBytes = 768;

// A sender's name becomes part of a subject, so nothing that could reach another subject gets past here.
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const addressPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}(?:@[A-Za-z0-9][A-Za-z0-9_-]{0,62})?$/;

const identityPattern = /^[A-Za-z0-9_-]{1,64}$/;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export function textBytes(text: string): number {
  return Buffer.byteLength(text);
}

/** An entry as text, so that its size is known before it is put into a message. */
export function encodeEntry(entry: CapabilityEntry): string {
  return JSON.stringify(entry);
}

/** @param entries from {@link encodeEntry} */
export function encodeMessage(head: Omit<CapabilityMessage, "entries">, entries: readonly string[]): Uint8Array {
  const { sender, host, sequence, snapshot } = head;
  const text = JSON.stringify({ type: messageType, sender, host, sequence, snapshot });
  return encoder.encode(`${text.slice(0, -1)},"entries":[${entries.join(",")}]}`);
}

/** `undefined` for a type this version does not know. @throws ReeveError `MALFORMED_FRAME` naming what is wrong */
export function decodeMessage(data: Uint8Array): CapabilityMessage | undefined {
  const value = record("message", parse(data));
  if (typeof value.type !== "string") throw malformed("type", value.type);
  if (value.type !== messageType) return undefined;
  if (!Array.isArray(value.entries)) throw malformed("entries", value.entries);
  return {
    sender: name("sender", value.sender),
    host: name("host", value.host),
    sequence: whole("sequence", value.sequence, 1),
    snapshot: value.snapshot === undefined ? undefined : snapshotPart(record("snapshot", value.snapshot)),
    entries: value.entries.map(entry),
  };
}

function parse(data: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(data));
  } catch (cause) {
    throw reeveError("MALFORMED_FRAME", "capabilities: the message is no JSON text", { cause });
  }
}

function snapshotPart(value: Record<string, unknown>): { part: number; parts: number } {
  const parts = whole("snapshot.parts", value.parts, 1);
  const part = whole("snapshot.part", value.part, 1);
  if (part > parts) throw malformed("snapshot.part", part);
  return { part, parts };
}

function entry(value: unknown, index: number): CapabilityEntry {
  const field = `entries.${index}`;
  const { manager, address, cluster, epoch, incarnation, store, status, count, ageMs, full, set } = record(
    field,
    value,
  );
  if (!isReportedStatus(status)) throw malformed(`${field}.status`, status);
  if (typeof ageMs !== "number" || !(ageMs >= 0)) throw malformed(`${field}.ageMs`, ageMs);
  if (full !== undefined && full !== true) throw malformed(`${field}.full`, full);
  return {
    manager: name(`${field}.manager`, manager),
    address: name(`${field}.address`, address, addressPattern),
    cluster: cluster === undefined ? undefined : name(`${field}.cluster`, cluster),
    epoch: whole(`${field}.epoch`, epoch, 0),
    incarnation: identity(`${field}.incarnation`, incarnation),
    store: identity(`${field}.store`, store),
    status,
    count: whole(`${field}.count`, count, 1),
    ageMs,
    full,
    set: fields(`${field}.set`, set),
  };
}

function fields(field: string, value: unknown): Fields {
  const set = record(field, value);
  // Merged into another object later, this name would change what that object is.
  if (Object.hasOwn(set, "__proto__")) throw malformed(field, "__proto__");
  return set;
}

function record(field: string, value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed(field, value);
  return value as Record<string, unknown>;
}

function name(field: string, value: unknown, pattern = namePattern): string {
  if (typeof value !== "string" || !pattern.test(value)) throw malformed(field, value);
  return value;
}

function identity(field: string, value: unknown): string | undefined {
  return value === undefined ? undefined : name(field, value, identityPattern);
}

function whole(field: string, value: unknown, least: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least) throw malformed(field, value);
  return value;
}

function malformed(field: string, value: unknown): Error {
  const shown = typeof value === "object" && value !== null ? "an object" : String(value).slice(0, 80);
  return reeveError("MALFORMED_FRAME", `capabilities: ${field}: ${shown} is not what ${messageType} has there`);
}
