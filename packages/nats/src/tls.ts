import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import type { TlsOptions } from "@nats-io/transport-node";
import { reeveError } from "@reeve/contract";

/** Certificates as PEM text or files. Files are read anew at each connection. */
export interface NatsTls {
  /** Who may have signed the broker's certificate. Default: Node's own list. */
  readonly ca?: string | undefined;
  readonly caFile?: string | undefined;
  /** This client's certificate, where the broker demands one. */
  readonly cert?: string | undefined;
  readonly certFile?: string | undefined;
  readonly key?: string | undefined;
  readonly keyFile?: string | undefined;
  /** The name the broker's certificate must carry. Default: the host in the server's address. */
  readonly serverName?: string | undefined;
  /** Speaks TLS from the first byte, as a broker with `handshake_first` expects. Default false. */
  readonly handshakeFirst?: boolean | undefined;
}

/** nats.js hands every field on to `tls.connect`, so these can be set though its type lacks them. */
export type TlsSettings = TlsOptions & Pick<ConnectionOptions, "servername" | "checkServerIdentity">;

const texts = ["ca", "caFile", "cert", "certFile", "key", "keyFile", "serverName"] as const;
const known: ReadonlySet<string> = new Set<keyof NatsTls>([...texts, "handshakeFirst"]);

/**
 * Answers what nats.js understands: null for never, undefined for whatever the broker offers.
 *
 * @throws ReeveError `INVALID_OPTION` naming the option
 */
export function readTls(tls: boolean | NatsTls | undefined, demanded: boolean): TlsSettings | null | undefined {
  if (tls === undefined || tls === true) return tls || demanded ? {} : undefined;
  if (tls === false) {
    if (demanded) throw reeveError("INVALID_OPTION", "tls: false contradicts a tls:// server address");
    return null;
  }
  if (typeof tls !== "object" || tls === null) {
    throw reeveError("INVALID_OPTION", `tls: expected a boolean or an object, got ${JSON.stringify(tls)}`);
  }
  for (const name of Object.keys(tls)) {
    if (!known.has(name))
      throw reeveError("INVALID_OPTION", `tls.${name}: unknown option; known are ${[...known].join(", ")}`);
  }
  for (const name of texts) {
    const value = tls[name];
    if (value !== undefined && (typeof value !== "string" || value === "")) {
      throw reeveError("INVALID_OPTION", `tls.${name}: expected text`);
    }
  }
  if (((tls.cert ?? tls.certFile) === undefined) !== ((tls.key ?? tls.keyFile) === undefined)) {
    throw reeveError("INVALID_OPTION", "tls: a client certificate needs both cert (or certFile) and key (or keyFile)");
  }
  for (const name of ["ca", "cert", "key"] as const) {
    if (tls[name] !== undefined && tls[`${name}File`] !== undefined) {
      throw reeveError("INVALID_OPTION", `tls.${name}, tls.${name}File: these exclude each other`);
    }
    const file = tls[`${name}File`];
    if (file !== undefined) checkReadable(`tls.${name}File`, file);
  }
  const { serverName, ...rest } = tls;
  // nats.js takes an option that is there without a value for one that was given.
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), ...(serverName ? { servername: serverName } : {}) };
}

function checkReadable(field: string, file: string): void {
  try {
    readFileSync(file);
  } catch (cause) {
    throw reeveError("INVALID_OPTION", `${field}: ${JSON.stringify(file)} cannot be read`, { cause });
  }
}
