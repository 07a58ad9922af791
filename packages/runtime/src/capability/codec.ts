import {
  addressPattern,
  identityPattern,
  malformed,
  optional,
  readFields,
  readOneOf,
  readText,
  readWhole,
} from "../gossip/index.ts";
import type { CapabilityEntry, Fields } from "./message.ts";
import { reportedStatuses } from "./status.ts";

/** What an entry takes beside its fields, at most: names of 63 letters, an address of 127, two identities of 64, three numbers. */
export const entryOverheadBytes = 768;

export function textBytes(text: string): number {
  return Buffer.byteLength(text);
}

/** An entry as text, so that its size is known before it is put into a message. */
export function encodeEntry(entry: CapabilityEntry): string {
  return JSON.stringify(entry);
}

/** @throws ReeveError `MALFORMED_FRAME` naming what is wrong */
export function readEntry(value: unknown, index: number): CapabilityEntry {
  const at = `entries.${index}`;
  const { manager, address, cluster, epoch, incarnation, store, status, count, ageMs, full, set } = readFields(
    at,
    value,
  );
  if (typeof ageMs !== "number" || !(ageMs >= 0)) throw malformed(`${at}.ageMs`, "a number from 0", ageMs);
  if (full !== undefined && full !== true) throw malformed(`${at}.full`, "true, or nothing", full);
  return {
    manager: readText(`${at}.manager`, manager),
    address: readText(`${at}.address`, address, addressPattern),
    cluster: optional(cluster, (name) => readText(`${at}.cluster`, name, addressPattern)),
    epoch: readWhole(`${at}.epoch`, epoch, 0),
    incarnation: optional(incarnation, (id) => readText(`${at}.incarnation`, id, identityPattern)),
    store: optional(store, (id) => readText(`${at}.store`, id, identityPattern)),
    status: readOneOf(`${at}.status`, status, reportedStatuses),
    count: readWhole(`${at}.count`, count, 1),
    ageMs,
    full,
    set: readSet(`${at}.set`, set),
  };
}

function readSet(field: string, value: unknown): Fields {
  const set = readFields(field, value);
  // Merged into another object later, this name would change what that object is.
  if (Object.hasOwn(set, "__proto__")) throw malformed(field, "no field of that name", "__proto__");
  return set;
}
