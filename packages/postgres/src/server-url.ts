import { reeveError } from "@reeve/contract";
import type { PostgresOptions } from "./postgres-options.ts";
import { isSslMode, type PostgresTls, sslModes } from "./tls.ts";

const parameters = new Set(["sslmode", "sslrootcert", "sslcert", "sslkey", "application_name"]);
const expected = "postgresql://user:password@host:port/database";

/**
 * What a URL says, as the options that say the same.
 *
 * @throws ReeveError `INVALID_OPTION`, without the password
 */
export function readUrl(text: string): PostgresOptions {
  let url: URL;
  try {
    if (typeof text !== "string") return refuse(text, "that is not text");
    url = new URL(text);
  } catch {
    // The parser's own error holds all of it.
    return refuse(text, "it cannot be read as a URL");
  }
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") refuse(text, `it begins with ${url.protocol}//`);
  if (url.pathname.indexOf("/", 1) !== -1) refuse(text, "its database has more than one part");
  const query = url.searchParams;
  for (const name of query.keys()) {
    if (!parameters.has(name))
      refuse(text, `its parameter ${name} is not known; known are ${[...parameters].join(", ")}`);
  }
  const sslmode = query.get("sslmode");
  if (sslmode !== null && !isSslMode(sslmode)) refuse(text, `sslmode is ${sslmode}; expected ${sslModes.join(", ")}`);
  return {
    ...one("host", part(text, url.hostname).replace(/^\[|\]$/g, "")),
    ...(url.port === "" ? {} : { port: Number(url.port) }),
    ...one("database", part(text, url.pathname.slice(1))),
    ...one("user", part(text, url.username)),
    ...one("password", part(text, url.password)),
    ...(sslmode === null ? {} : { sslmode }),
    ...tlsOf(query),
    ...one("applicationName", query.get("application_name") ?? ""),
  };
}

function tlsOf(query: URLSearchParams): { readonly ssl?: PostgresTls } {
  const files = {
    ...one("caFile", query.get("sslrootcert") ?? ""),
    ...one("certFile", query.get("sslcert") ?? ""),
    ...one("keyFile", query.get("sslkey") ?? ""),
  };
  return Object.keys(files).length === 0 ? {} : { ssl: files };
}

function one<K extends string>(name: K, value: string): { readonly [name in K]?: string } {
  return (value === "" ? {} : { [name]: value }) as { readonly [name in K]?: string };
}

function part(text: string, encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return refuse(text, "a % in it does not begin two hexadecimal digits");
  }
}

function refuse(text: unknown, why: string): never {
  // Before an @ may stand a password, also where the whole is not a URL.
  const shown = typeof text === "string" ? text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1[hidden]@") : typeof text;
  throw reeveError("INVALID_OPTION", `url: expected ${expected}, got ${JSON.stringify(shown)}: ${why}`);
}
