import { type Context, ServiceBroker } from "moleculer";
import type { Payload } from "./payload.ts";
import { type Stack, subjects } from "./stack.ts";

const params = { id: "string", sizeGiB: "number|integer|positive", text: "string" };
const names = Array.from({ length: subjects }, (_, subject) => `echo${subject}`);

function broker(url: string, nodeID: string): ServiceBroker {
  const transporter = { type: "NATS", options: { url, noAsyncTraces: true } } as const;
  return new ServiceBroker({ nodeID, transporter, logger: false, requestTimeout: 60_000 });
}

/** With its validator and its time-out; no tracing, metrics or cache. */
export const moleculer: Stack = {
  async serve(url) {
    const server = broker(url, "server");
    const action = { params, handler: async (context: Context<Payload>) => context.params };
    server.createService({ name: "volume", actions: Object.fromEntries(names.map((name) => [name, action])) });
    await server.start();
  },
  async connect(url) {
    const client = broker(url, "client");
    await client.start();
    await client.waitForServices("volume");
    const actions = names.map((name) => `volume.${name}`);
    return (payload, subject) => client.call<Payload, Payload>(actions[subject]!, payload);
  },
};
