import { randomBytes } from "node:crypto";
import type { Fenced } from "@reeve/driver-sdk";

/** The directory in the root in which members have theirs. */
export const membersName = ".reeve";

/** What stands there: the directory of a session, the same once it was fenced and until it is empty, or the word that one was. */
export interface MemberEntry extends Fenced {
  readonly kind: "session" | "fenced" | "fence";
  readonly name: string;
}

// Read from the end: an address may hold dots.
const pattern = /^(.+)\.([1-9]\d{0,15})\.(?:([0-9a-f]{12})(\.fenced)?|fence)$/;

/** A name of its own for each session: those of one incarnation may overlap. */
export function sessionName({ address, epoch }: Fenced): string {
  return `${encoded(address)}.${epoch}.${randomBytes(6).toString("hex")}`;
}

export function fenceName({ address, epoch }: Fenced): string {
  return `${encoded(address)}.${epoch}.fence`;
}

/** Undefined for what is none of this driver's. */
export function parseMemberEntry(name: string): MemberEntry | undefined {
  const [, address, epoch, nonce, fenced] = pattern.exec(name) ?? [];
  if (address === undefined) return undefined;
  const kind = nonce === undefined ? "fence" : fenced === undefined ? "session" : "fenced";
  return { kind, name, address: decodeURIComponent(address), epoch: Number(epoch) };
}

/** One path component, that a person can read. */
function encoded(address: string): string {
  return encodeURIComponent(address).replaceAll("%40", "@");
}
