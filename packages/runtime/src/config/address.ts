import { reeveError } from "@reeve/contract";
import { shown } from "./option-keys.ts";

/**
 * One token of a subject: no dot, wildcard, space or control character, so that no name can reach another's subject
 * (https://docs.nats.io/nats-concepts/subjects). `@` is left out because it joins host and backend.
 */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/** A name, or two joined by `@`. */
export const addressPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}(?:@[A-Za-z0-9][A-Za-z0-9_-]{0,62})?$/;

/** Where one manager instance lives: a host, and a backend where the host runs several of its kind. */
export interface Address {
  readonly host: string;
  readonly backend: string | undefined;
}

/**
 * Reads the name of a host, a backend or a cluster: a letter or digit, then up to 62 letters, digits, `-` or `_`.
 * Upper and lower case differ.
 *
 * @throws ReeveError `INVALID_OPTION` naming the field and the value
 */
export function readName(field: string, value: unknown): string {
  if (isName(value)) return value;
  const dots = typeof value === "string" && namePattern.test(value.replaceAll(".", "-"));
  const advice = dots ? `; dots separate subjects, write ${shown((value as string).replaceAll(".", "-"))}` : "";
  throw reeveError(
    "INVALID_OPTION",
    `${field}: expected 1 to 63 letters, digits, "-" or "_", a letter or digit first, got ${shown(value)}${advice}`,
  );
}

/** Whether a value is the name of a host, a backend or a cluster. */
export function isName(value: unknown): value is string {
  return typeof value === "string" && namePattern.test(value);
}

/** `block-01`, or `block-01@ssd` where there is a backend (Cinder's `host@backend`). */
export function formatAddress({ host, backend }: Address): string {
  return backend === undefined ? host : `${host}@${backend}`;
}

/** Whether a value is an address as text: `block-01`, or `block-01@ssd`. */
export function isAddress(value: unknown): value is string {
  return typeof value === "string" && addressPattern.test(value);
}

/**
 * Reads `block-01` or `block-01@ssd`.
 *
 * @throws ReeveError `INVALID_OPTION` naming the field and the value
 */
export function readAddress(field: string, value: unknown): Address {
  if (!isAddress(value)) {
    throw reeveError("INVALID_OPTION", `${field}: expected "host" or "host@backend", got ${shown(value)}`);
  }
  const [host, backend] = value.split("@");
  return { host: host!, backend };
}
