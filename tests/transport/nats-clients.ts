import { type NatsOptions, nats } from "@reeve/nats";
import type { Transport, TransportAlarm } from "@reeve/runtime/transport";
import { type NatsServer, type NatsServerOptions, natsServer, type TcpProxy, tcpProxy } from "@reeve/testing";
import { afterEach } from "vitest";

/** So that a link that was lost is replaced in a fraction of a second. */
export const quick: NatsOptions = { reconnectWait: "20ms", reconnectJitter: "20ms" };
/** Silence is noticed as soon; who is not silent must have the processor that often. */
export const alert: NatsOptions = { pingInterval: "100ms" };

const toClose: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

/** Closed after the test, the last made first. */
export function afterTest(close: () => Promise<void>): void {
  toClose.push(close);
}

export async function broker(options: NatsServerOptions = {}): Promise<NatsServer> {
  const server = await natsServer(options);
  afterTest(() => server.close());
  return server;
}

export async function proxied(server: NatsServer): Promise<TcpProxy> {
  const proxy = await tcpProxy(server.port);
  afterTest(() => proxy.close());
  return proxy;
}

export interface Client {
  readonly transport: Transport;
  /** Every change of the link, as it was told. */
  readonly links: boolean[];
  readonly alarms: TransportAlarm[];
}

export function client(servers: string | readonly string[], options: NatsOptions = {}): Client {
  const transport = nats({ servers, ...quick, ...options });
  const links: boolean[] = [];
  const alarms: TransportAlarm[] = [];
  transport.onLink((connected) => links.push(connected));
  transport.onAlarm((alarm) => alarms.push(alarm));
  afterTest(() => transport.close());
  return { transport, links, alarms };
}

export const address = ({ port }: { readonly port: number }): string => `127.0.0.1:${port}`;
