import { readFileSync } from "node:fs";
import {
  type Authenticator,
  credsAuthenticator,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "@nats-io/transport-node";
import { reeveError } from "@reeve/contract";

/** How to log in: one of these ways, or none. */
export interface NatsCredentials {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /** An NKey seed, `SU…`. */
  readonly nkeySeed?: string | undefined;
  /** A file with an NKey seed. Read anew at each connection, so that rotated keys are picked up. */
  readonly nkeyFile?: string | undefined;
  /** The text of a credentials file: a JWT and its seed. */
  readonly creds?: string | undefined;
  /** A credentials file. Read anew at each connection, so that rotated credentials are picked up. */
  readonly credsFile?: string | undefined;
}

/** Makes the answer to one login; throws when a file cannot be read any more. */
export type OpenCredentials = () => Authenticator;

const ways = ["user", "token", "nkeySeed", "nkeyFile", "creds", "credsFile"] as const;

/** @throws ReeveError `INVALID_OPTION` naming the option; never with the secret in its text */
export function readCredentials(options: NatsCredentials): OpenCredentials {
  const given = ways.filter((way) => options[way] !== undefined);
  if (given.length > 1) {
    throw reeveError("INVALID_OPTION", `${given.join(", ")}: these exclude each other; log in one way`);
  }
  const way = given[0];
  if (options.password !== undefined && way !== "user") {
    throw reeveError("INVALID_OPTION", "password: it needs a user");
  }
  if (!way) return () => () => undefined;
  const value = options[way];
  if (typeof value !== "string" || value === "") throw reeveError("INVALID_OPTION", `${way}: expected text`);
  const open = opening(way, value, options.password);
  try {
    // A nonce makes the seed sign, so that a bad one shows now and not at a broker.
    open()("probe");
  } catch (cause) {
    throw reeveError("INVALID_OPTION", `${way}: ${meaning(way, value)}: ${explain(cause)}`);
  }
  return open;
}

function opening(way: (typeof ways)[number], value: string, password: string | undefined): OpenCredentials {
  switch (way) {
    case "user":
      return () => usernamePasswordAuthenticator(value, password);
    case "token":
      return () => tokenAuthenticator(value);
    case "nkeySeed":
      return () => nkeyAuthenticator(Buffer.from(value.trim()));
    case "nkeyFile":
      return () => nkeyAuthenticator(Buffer.from(readFileSync(value, "utf8").trim()));
    case "creds":
      return () => credsAuthenticator(Buffer.from(value));
    case "credsFile":
      return () => credsAuthenticator(readFileSync(value));
  }
}

function meaning(way: (typeof ways)[number], value: string): string {
  if (way.endsWith("File")) return `${JSON.stringify(value)} cannot be used`;
  return way === "nkeySeed" ? "expected an NKey seed (SU…)" : "it cannot be used";
}

/** The cause's own text but not the cause: nkeys and file errors quote nothing secret, their objects might. */
function explain(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
