import { nats } from "@reeve/nats";
import type { Transport, TransportAlarm } from "@reeve/runtime/transport";
import { type NatsServer, type NatsUser, natsServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { announcer, watcher } from "./watchers.ts";

/** What a process needs to be a member, and no more: the permissions of docs/wire.md. */
const member = (user: string): NatsUser => ({
  user,
  password: "secret",
  publish: [`reeve.sys.members.beat.${user}`, `reeve.sys.members.found.*.${user}`, "reeve.sys.members.wanted.>"],
  subscribe: [
    "reeve.sys.members.beat.*",
    "reeve.sys.members.found.>",
    "reeve.sys.members.wanted.>",
    `_INBOX.${user}.>`,
  ],
});

let server: NatsServer;
beforeAll(async () => {
  server = await natsServer({ users: [member("block-01"), member("block-02")] });
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

test("with permission for its own token only, a process beats, finds and is found, and cannot speak for another", async () => {
  const [first, second] = [await host("block-01"), await host("block-02")];
  const watching = watcher(second.transport);
  announcer(first.transport, { intervalMs: 60_000 }).announce({
    manager: "volume",
    version: "1.0",
    address: "block-01",
    epoch: 1,
  });
  await watching.until(() => watching.members.of("volume", 1).length === 1);
  const newcomer = watcher(second.transport, { discoveryTimeoutMs: 20_000 });
  await newcomer.members.discover("volume", 1);
  expect(newcomer.members.of("volume", 1)).toMatchObject([{ address: "block-01", caller: "block-01" }]);
  await newcomer.members.discover("network", 1);
  expect([...first.alarms, ...second.alarms]).toEqual([]);
  const told = new Promise<TransportAlarm>((resolve) => second.transport.onAlarm(resolve));
  second.transport.publish("reeve.sys.members.beat.block-01", new TextEncoder().encode("{}"));
  expect(await told).toMatchObject({ kind: "publish.denied", subject: "reeve.sys.members.beat.block-01" });
});
