import { nats } from "@reeve/nats";
import { inProcess } from "@reeve/runtime";
import type { Transport } from "@reeve/runtime/transport";
import { natsServer } from "@reeve/testing";
import { afterAll, afterEach, beforeAll } from "vitest";

interface Broker {
  host(caller?: string): Transport;
  close(): Promise<void>;
}

const brokers: Record<string, () => Promise<Broker>> = {
  "in process": async () => {
    const hub = inProcess();
    return { host: (caller = "tester") => hub.client({ caller }), close: async () => {} };
  },
  nats: async () => {
    const server = await natsServer();
    return { host: (caller = "tester") => nats({ servers: server.url, caller }), close: () => server.close() };
  },
};

/** The transports that keep the same promises. */
export const transports = Object.keys(brokers);

/** Gives the tests of one `describe` hosts on one broker; each is closed after its test. */
export function useHosts(name: string): {
  host(caller?: string): Promise<Transport>;
  unconnected(caller?: string): Transport;
} {
  let broker: Broker;
  let opened: Transport[] = [];
  beforeAll(async () => {
    broker = await (brokers[name] as () => Promise<Broker>)();
  });
  afterEach(async () => {
    await Promise.all(opened.map((host) => host.close()));
    opened = [];
  });
  afterAll(() => broker.close());
  const unconnected = (caller?: string) => {
    const transport = broker.host(caller);
    opened.push(transport);
    return transport;
  };
  return {
    unconnected,
    async host(caller) {
      const transport = unconnected(caller);
      await transport.connect();
      return transport;
    },
  };
}
