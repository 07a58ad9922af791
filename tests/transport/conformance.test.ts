import { nats } from "@reeve/nats";
import { inProcess } from "@reeve/runtime";
import { type NatsServer, natsServer } from "@reeve/testing";
import { transportConformance } from "@reeve/testing/conformance";
import { afterAll, beforeAll, test } from "vitest";

let server: NatsServer;
beforeAll(async () => {
  server = await natsServer();
});
afterAll(() => server.close());

const withoutWire = () => {
  const hub = inProcess();
  return { client: (caller?: string) => hub.client({ caller }) };
};
const overNats = () => ({ client: (caller?: string) => nats({ servers: server.url, caller }) });

for (const { name, run } of transportConformance({ name: "in process", make: withoutWire })) test(name, run);
for (const { name, run } of transportConformance({ name: "nats", make: overNats })) test(name, run);
