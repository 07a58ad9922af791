import { type Duration, durationMs, reeveError } from "@reeve/contract";
import { checkToken } from "@reeve/runtime/transport";
import { type NatsCredentials, type OpenCredentials, readCredentials } from "./credentials.ts";
import { parseServer, type ServerAddress } from "./server-address.ts";
import { type NatsTls, readTls, type TlsSettings } from "./tls.ts";

/** Plain data only, so that a thread can be given the same. */
export interface NatsOptions extends NatsCredentials {
  /** `host`, `host:port`, `nats://…` or `tls://…`; one or several of a cluster. Default `nats://127.0.0.1:4222`. */
  readonly servers?: string | readonly string[] | undefined;
  /**
   * The subject token this client ends its calls with and has its inbox under (`_INBOX.<caller>.<nonce>`), which the broker's
   * permissions can enforce. Default: `user`, else the host of the supervisor that
   * it is given to, else `anonymous`.
   */
  readonly caller?: string | undefined;
  /** What the broker's monitoring calls this connection. Default: `caller`. */
  readonly name?: string | undefined;
  /** `true` demands TLS; an object also says with which certificates. Default: TLS if the broker offers it. */
  readonly tls?: boolean | NatsTls | undefined;
  /** How often the broker is pinged. Default 5 s. */
  readonly pingInterval?: Duration | undefined;
  /** Unanswered pings after which the link is closed. Default 2, the second for 2/5 of the interval: a frozen link is noticed within 12 s. */
  readonly maxPingsOut?: number | undefined;
  /** Pause before each new round of connection attempts, which go on without end. Default 250 ms. */
  readonly reconnectWait?: Duration | undefined;
  /** Upper bound of a random addition to each pause, so that clients do not come back all at once. Default 250 ms. */
  readonly reconnectJitter?: Duration | undefined;
  /** Bound on one attempt at one server. Default 5 s. */
  readonly connectTimeout?: Duration | undefined;
  /** How long {@link Transport.flush} waits for the broker's confirmation. Default 10 s. */
  readonly flushTimeout?: Duration | undefined;
  /** Bytes sent that the broker has not confirmed, from which a publish is refused with `LINK_SATURATED`. Default 64 MiB. */
  readonly maxUnconfirmedBytes?: number | undefined;
}

export interface NatsSettings {
  readonly servers: readonly ServerAddress[];
  /** Undefined: nobody has said yet. */
  readonly caller: string | undefined;
  /** Undefined: as the caller. */
  readonly name: string | undefined;
  readonly credentials: OpenCredentials;
  readonly tls: TlsSettings | null | undefined;
  readonly pingIntervalMs: number;
  readonly maxPingsOut: number;
  readonly reconnectWaitMs: number;
  readonly reconnectJitterMs: number;
  readonly connectTimeoutMs: number;
  readonly flushTimeoutMs: number;
  readonly maxUnconfirmedBytes: number;
}

const known: ReadonlySet<string> = new Set<keyof NatsOptions>([
  "servers",
  "caller",
  "name",
  "user",
  "password",
  "token",
  "nkeySeed",
  "nkeyFile",
  "creds",
  "credsFile",
  "tls",
  "pingInterval",
  "maxPingsOut",
  "reconnectWait",
  "reconnectJitter",
  "connectTimeout",
  "flushTimeout",
  "maxUnconfirmedBytes",
]);

/** @throws ReeveError `INVALID_OPTION` naming the option and, unless it is a secret, its value */
export function readOptions(options: NatsOptions): NatsSettings {
  for (const name of Object.keys(options)) {
    if (!known.has(name)) throw reeveError("INVALID_OPTION", `${name}: the nats transport has no such option`);
  }
  const servers = readServers(options.servers ?? "nats://127.0.0.1:4222");
  const credentials = readCredentials(options);
  const caller = options.caller ?? options.user;
  if (caller !== undefined)
    checkToken(options.caller === undefined && options.user !== undefined ? "caller (from user)" : "caller", caller);
  const pingIntervalMs = atLeast("pingInterval", options.pingInterval ?? 5_000, 10);
  return {
    servers,
    caller,
    name: options.name === undefined ? undefined : readText("name", options.name),
    credentials,
    tls: readTls(
      options.tls,
      servers.some(({ tls }) => tls),
    ),
    pingIntervalMs,
    maxPingsOut: readCount("maxPingsOut", options.maxPingsOut ?? 2),
    reconnectWaitMs: atLeast("reconnectWait", options.reconnectWait ?? 250, 1),
    reconnectJitterMs: durationMs("reconnectJitter", options.reconnectJitter ?? 250),
    connectTimeoutMs: atLeast("connectTimeout", options.connectTimeout ?? 5_000, 1),
    flushTimeoutMs: atLeast("flushTimeout", options.flushTimeout ?? 10_000, 1),
    maxUnconfirmedBytes: readCount("maxUnconfirmedBytes", options.maxUnconfirmedBytes ?? 64 * 1024 * 1024),
  };
}

function readServers(servers: string | readonly string[]): readonly ServerAddress[] {
  const list = typeof servers === "string" ? [servers] : servers;
  if (!Array.isArray(list) || list.length === 0) {
    throw reeveError("INVALID_OPTION", `servers: expected an address or several, got ${JSON.stringify(servers)}`);
  }
  return list.map((text, i) => parseServer(list.length === 1 ? "servers" : `servers[${i}]`, readText("servers", text)));
}

function readText(field: string, value: unknown): string {
  if (typeof value !== "string" || value === "") {
    throw reeveError("INVALID_OPTION", `${field}: expected text, got ${JSON.stringify(value)}`);
  }
  return value;
}

function readCount(field: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw reeveError("INVALID_OPTION", `${field}: expected a whole number from 1, got ${JSON.stringify(value)}`);
  }
  return value;
}

function atLeast(field: string, value: Duration, leastMs: number): number {
  const ms = durationMs(field, value);
  if (ms < leastMs)
    throw reeveError("INVALID_OPTION", `${field}: ${JSON.stringify(value)} is shorter than ${leastMs} ms`);
  return ms;
}
