import { type NatsOptions, nats } from "@reeve/nats";
import { inProcess } from "@reeve/runtime";
import type { Transport } from "@reeve/runtime/transport";
import { type NatsServer, natsServer } from "@reeve/testing";
import { afterAll, afterEach, beforeAll } from "vitest";
import { Host, type HostOptions } from "./host.ts";
import { Roll } from "./roll.ts";

interface Broker {
  transport(caller: string): Transport;
  close(): Promise<void>;
}

/** Its pings are the usual ones: a broker or a process that waits for the processor must not look lost. */
const quick: NatsOptions = { reconnectWait: "20ms", reconnectJitter: "20ms" };

const brokers: Readonly<Record<string, () => Promise<Broker>>> = {
  "in process": async () => {
    const hub = inProcess();
    return { transport: (caller) => hub.client({ caller }), close: async () => {} };
  },
  nats: async () => {
    const server = await natsServer();
    return natsBroker(server);
  },
};

export function natsBroker(server: NatsServer): Broker {
  return {
    transport: (caller) => nats({ servers: server.url, caller, ...quick }),
    close: () => server.close(),
  };
}

/** The transports over which calls keep the same promises. */
export const transports = Object.keys(brokers);

export interface House {
  /** A process of its own, as far as calls go. */
  host(caller: string, options?: HostOptions & { readonly wrap?: (inner: Transport) => Transport }): Promise<Host>;
  /** A client of the broker that knows nothing of Reeve. */
  raw(caller: string): Promise<Transport>;
  readonly roll: Roll;
}

/** Gives the tests of one `describe` processes on one broker; each is closed after its test. */
export function useHouse(name: string, open = brokers[name]!): House {
  let broker: Broker;
  let roll = new Roll();
  let closers: (() => unknown)[] = [];
  beforeAll(async () => {
    broker = await open();
  });
  afterEach(async () => {
    for (const close of closers.reverse()) await close();
    closers = [];
    roll = new Roll();
  });
  afterAll(() => broker.close());
  const raw = async (caller: string) => {
    const transport = broker.transport(caller);
    closers.push(() => transport.close());
    // A test that stops its broker knows that it did.
    transport.onAlarm(() => {});
    await transport.connect();
    return transport;
  };
  return {
    get roll() {
      return roll;
    },
    raw,
    async host(caller, { wrap = (inner: Transport) => inner, ...options } = {}) {
      const host = new Host(wrap(await raw(caller)), roll, options);
      closers.push(() => host.close());
      await host.transport.flush();
      return host;
    },
  };
}
