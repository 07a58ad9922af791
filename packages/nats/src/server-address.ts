import { reeveError } from "@reeve/contract";

/** Where one broker listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** `host:port`, IPv6 in brackets. */
  readonly listen: string;
  /** Written as `tls://`: a broker that does not offer TLS there is refused. */
  readonly tls: boolean;
  /** The name its certificate must carry, where that is not the host: a cluster tells of its members by IP address. */
  readonly tlsName?: string | undefined;
}

const defaultPort = 4222;

/**
 * Reads `host`, `host:port`, `nats://host:port` or `tls://host:port`.
 *
 * @throws ReeveError `INVALID_OPTION` naming `field`; also for credentials in the URL, which nats.js would ignore in silence
 */
export function parseServer(field: string, text: string): ServerAddress {
  const [, scheme = "nats", rest = ""] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/i.exec(text) ?? [];
  if (scheme !== "nats" && scheme !== "tls") refuse(field, text, `scheme ${scheme}:// is not nats:// or tls://`);
  let url: URL;
  try {
    url = new URL(`nats://${rest}`);
  } catch (cause) {
    refuse(field, text, "not a host or host:port", cause);
  }
  if (url.username || url.password) {
    const bare = `${scheme}://${url.host}`;
    refuse(field, bare, "it carries credentials; pass them as user and password, or token");
  }
  if (!url.hostname || url.port === "0") refuse(field, text, "it lacks a host or names port 0");
  if ((url.pathname !== "" && url.pathname !== "/") || url.search || url.hash)
    refuse(field, text, "it has more than host and port");
  const port = url.port === "" ? defaultPort : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port, listen: `${url.hostname}:${port}`, tls: scheme === "tls" };
}

function refuse(field: string, value: string, why: string, cause?: unknown): never {
  // Before an @ may stand a password, also where the whole is no URL; the parser's own error holds all of it.
  const shown = value.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1[hidden]@");
  const details = shown === value ? { cause } : {};
  throw reeveError(
    "INVALID_OPTION",
    `${field}: expected host, host:port or either after nats:// or tls://, got ${JSON.stringify(shown)}: ${why}`,
    details,
  );
}
