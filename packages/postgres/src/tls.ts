import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { reeveError } from "@reeve/contract";
import { knownKeys } from "@reeve/runtime/store";

export const sslModes = ["disable", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof sslModes)[number];

export function isSslMode(value: unknown): value is SslMode {
  return sslModes.includes(value as SslMode);
}

/** Certificates as PEM text or files, which are read once. */
export interface PostgresTls {
  /** Who may have signed the server's certificate. Default: Node's own list. */
  readonly ca?: string | undefined;
  readonly caFile?: string | undefined;
  /** This client's certificate, where the server demands one. */
  readonly cert?: string | undefined;
  readonly certFile?: string | undefined;
  readonly key?: string | undefined;
  readonly keyFile?: string | undefined;
  /** The name that the server's certificate must carry. Default: the host. */
  readonly serverName?: string | undefined;
}

const texts = ["ca", "cert", "key"] as const;

/**
 * What Node's TLS is told; undefined where there is none.
 *
 * @throws ReeveError `INVALID_OPTION` naming the option
 */
export function readTls(
  mode: SslMode | undefined,
  tls: PostgresTls | undefined,
  host: string,
): ConnectionOptions | undefined {
  const sslmode = mode ?? (tls === undefined ? "disable" : "verify-full");
  if (!isSslMode(sslmode))
    throw reeveError("INVALID_OPTION", `sslmode: expected ${sslModes.join(", ")}, got ${JSON.stringify(sslmode)}`);
  if (sslmode === "disable") {
    if (tls) throw reeveError("INVALID_OPTION", "ssl: certificates are given, and sslmode is disable");
    return undefined;
  }
  const given = tls ?? {};
  knownKeys("ssl", given, [...texts, "caFile", "certFile", "keyFile", "serverName"]);
  const pem = Object.fromEntries(texts.flatMap((name) => pemOf(name, given).map((text) => [name, text] as const)));
  if ((pem.cert === undefined) !== (pem.key === undefined))
    throw reeveError("INVALID_OPTION", "ssl: a client certificate needs both cert (or certFile) and key (or keyFile)");
  const name = given.serverName;
  return {
    ...pem,
    ...(name === undefined ? { host } : { servername: name, host: name }),
    rejectUnauthorized: sslmode !== "require",
    ...(sslmode === "verify-full" ? {} : { checkServerIdentity: () => undefined }),
  };
}

function pemOf(name: (typeof texts)[number], tls: PostgresTls): readonly string[] {
  const text = tls[name];
  const file = tls[`${name}File`];
  if (text !== undefined && file !== undefined)
    throw reeveError("INVALID_OPTION", `ssl.${name}, ssl.${name}File: these exclude each other`);
  if (text !== undefined) return [text];
  if (file === undefined) return [];
  try {
    return [readFileSync(file, "utf8")];
  } catch (cause) {
    throw reeveError("INVALID_OPTION", `ssl.${name}File: ${JSON.stringify(file)} cannot be read`, { cause });
  }
}
