import { reeveError } from "./reeve-error.ts";

/** `major.minor`. A new minor only adds; a new major may break. */
export type Version = `${number}.${number}`;

export interface ParsedVersion {
  readonly major: number;
  readonly minor: number;
}

const pattern = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/;

/** @throws ReeveError `INVALID_OPTION` naming `field` when the text is not `major.minor` */
export function parseVersion(field: string, text: string): ParsedVersion {
  const match = typeof text === "string" ? pattern.exec(text) : null;
  if (!match) throw reeveError("INVALID_OPTION", `${field}: expected "major.minor", got ${JSON.stringify(text)}`);
  return { major: Number(match[1]), minor: Number(match[2]) };
}

/** Whether a server can take what a client of that version sends: the same major, and a minor not above its own (oslo.messaging's rule). */
export function isCompatible(server: ParsedVersion, client: ParsedVersion): boolean {
  return server.major === client.major && client.minor <= server.minor;
}
