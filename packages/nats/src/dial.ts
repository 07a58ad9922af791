import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { Clock } from "@reeve/runtime/transport";
import type { NatsSettings } from "./options.ts";
import { type Greeting, probe } from "./probe.ts";
import type { ServerAddress } from "./server-address.ts";
import type { TlsSettings } from "./tls.ts";

/** Makes one attempt at one broker, within the connect timeout. */
export async function dial(
  address: ServerAddress,
  settings: NatsSettings,
  clock: Clock,
  signal: AbortSignal,
): Promise<NatsConnection> {
  const timeout = new AbortController();
  const timer = clock.setTimeout(
    () => timeout.abort(new Error(`${address.listen} did not greet within ${settings.connectTimeoutMs} ms`)),
    settings.connectTimeoutMs,
  );
  let greeting: Greeting;
  try {
    greeting = await probe(address, !settings.tls?.handshakeFirst, AbortSignal.any([signal, timeout.signal]));
  } finally {
    clock.clearTimeout(timer);
  }
  return connect({
    servers: address.listen,
    ...(settings.name === undefined ? {} : { name: settings.name }),
    authenticator: settings.credentials(),
    tls: tlsFor(address, settings.tls, greeting),
    timeout: settings.connectTimeoutMs,
    pingInterval: settings.pingIntervalMs,
    // nats.js counts answers only, and one may wait behind much else: our own watch is sooner where nothing comes at all.
    maxPingOut: settings.maxPingsOut * 4,
    noAsyncTraces: true,
    // A link that breaks is replaced by a new connection: nats.js, reconnecting by itself, drops what was published meanwhile without
    // a word, tells nothing of why attempts fail, and waits on a half-open socket that cannot be flushed for as long as TCP does.
    reconnect: false,
  });
}

/** nats.js checks the certificate of a broker named by IP address against "localhost", unless told otherwise. */
function tlsFor({ host, tlsName }: ServerAddress, tls: NatsSettings["tls"], greeting: Greeting): TlsSettings | null {
  const used = tls ?? (tls === undefined && (greeting.tls_available || greeting.tls_required) ? {} : null);
  if (used === null || used.servername !== undefined || isIP(host) === 0) return used;
  if (tlsName !== undefined) return { ...used, servername: tlsName };
  return { ...used, checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate) };
}
