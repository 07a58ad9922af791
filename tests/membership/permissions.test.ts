import { call, contract } from "@reeve/contract";
import { nats, permissions } from "@reeve/nats";
import type { Transport, TransportAlarm } from "@reeve/runtime/transport";
import { type NatsServer, natsServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { announcer, watcher } from "./watchers.ts";

const volumes = contract("volume", "1.0", { look: call({ input: z.object({}) }) });
/** What processes with managers need, and no more. */
const { processes } = permissions({ processes: [{ caller: ["block-01", "block-02"], serves: [volumes] }] });

let server: NatsServer;
beforeAll(async () => {
  server = await natsServer({
    users: processes.map(({ caller, publish, subscribe }) => ({
      user: caller,
      password: "secret",
      publish,
      subscribe,
    })),
  });
});
afterAll(() => server.close());

async function host(user: string): Promise<{ transport: Transport; alarms: TransportAlarm[] }> {
  const transport = nats({ servers: server.url, user, password: "secret" });
  onTestFinished(() => transport.close());
  const alarms: TransportAlarm[] = [];
  transport.onAlarm((alarm) => alarms.push(alarm));
  await transport.connect();
  return { transport, alarms };
}

test("with permission for its own token only, a process is heard, finds and is found, and cannot speak for another", async () => {
  const [first, second] = [await host("block-01"), await host("block-02")];
  const watching = watcher(second.transport);
  // It is told once: the broker knows by then that somebody listens.
  await second.transport.flush();
  announcer(first.transport, { intervalMs: 60_000, host: "block-01" }).announce({
    manager: "volume",
    version: "1.0",
    address: "block-01",
    epoch: 1,
  });
  await watching.until(() => watching.members.of("volume", 1).length === 1);
  // Over a connection of its own: the broker tells one subscription of it that nobody is there.
  const third = await host("block-02");
  const newcomer = watcher(third.transport, { discoveryTimeoutMs: 20_000 });
  await newcomer.members.discover("volume", 1);
  expect(newcomer.members.of("volume", 1)).toMatchObject([{ address: "block-01", caller: "block-01" }]);
  await newcomer.members.discover("network", 1);
  expect([...first.alarms, ...second.alarms, ...third.alarms]).toEqual([]);
  const told = new Promise<TransportAlarm>((resolve) => second.transport.onAlarm(resolve));
  second.transport.publish("reeve.sys.members.block-01", new TextEncoder().encode("{}"));
  expect(await told).toMatchObject({ kind: "publish.denied", subject: "reeve.sys.members.block-01" });
});
