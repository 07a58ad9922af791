import { connect, type NatsConnection } from "@nats-io/transport-node";
import { nats } from "@reeve/nats";
import { type ServedManager, ServiceProtocol } from "@reeve/runtime/internal";
import { type NatsServer, natsServer, silentLogger } from "@reeve/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { info, ping, stats } from "./micro-responses.ts";

let server: NatsServer;
let raw: NatsConnection;
const closers: (() => Promise<unknown> | unknown)[] = [];

const manager = (name: string, address: string): ServedManager => ({
  name,
  version: "1.4",
  address,
  epoch: 3,
  startedAt: Date.now(),
  endpoints: () => [
    {
      name: "get",
      subject: `reeve.call.${name}.v1.get.any.*`,
      queueGroup: "reeve",
      requests: 7,
      errors: 2,
      lastError: "NOT_FOUND: no",
      processingMs: 12.345_678_9,
    },
  ],
  state: () => ({ state: "serving", phase: "ready" }),
});

/** One process of its own: two managers. */
async function host(address: string): Promise<void> {
  const transport = nats({ servers: server.url, caller: address });
  await transport.connect();
  const counters = { counter: () => ({ add() {} }) };
  const services = new ServiceProtocol({ transport, random: Math.random, log: silentLogger, counters });
  services.serve(manager("volume", address));
  services.serve(manager("network", address));
  await transport.flush();
  closers.push(async () => {
    services.close();
    await transport.close();
  });
}

beforeAll(async () => {
  server = await natsServer();
  raw = await connect({ servers: server.url });
  await Promise.all([host("a"), host("b")]);
});
afterAll(async () => {
  for (const close of closers) await close();
  await raw.close();
  await server.close();
});

/** As `nats micro` does it: one question, and as many answers as there are services. */
async function answers(subject: string, expected: number): Promise<unknown[]> {
  const found: unknown[] = [];
  const options = { strategy: "count", maxMessages: expected, maxWait: 10_000 } as const;
  for await (const message of await raw.requestMany(subject, undefined, options)) {
    found.push(message.json());
  }
  return found;
}

test("every service of every process answers PING, INFO and STATS as nats micro decodes them", async () => {
  const pings = (await answers("$SRV.PING", 4)).map((answer) => ping.parse(answer));
  const infos = (await answers("$SRV.INFO", 4)).map((answer) => info.parse(answer));
  const counts = (await answers("$SRV.STATS", 4)).map((answer) => stats.parse(answer));
  const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id).sort();
  expect(new Set(ids(pings)).size).toBe(4);
  expect(ids(infos)).toEqual(ids(pings));
  expect(ids(counts)).toEqual(ids(pings));
  expect(pings.map(({ name, metadata }) => `${name} ${metadata.address}`).sort()).toEqual([
    "network a",
    "network b",
    "volume a",
    "volume b",
  ]);
  expect(counts[0]?.endpoints[0]).toMatchObject({
    processing_time: 12_345_679,
    average_processing_time: 1_763_668,
    data: { state: "serving", phase: "ready" },
  });
});

test("by name both instances answer, by name and id one", async () => {
  const both = (await answers("$SRV.INFO.volume", 2)).map((answer) => info.parse(answer));
  expect(both.map(({ metadata }) => metadata.address).sort()).toEqual(["a", "b"]);
  const { id } = both[0]!;
  const only = await raw.request(`$SRV.STATS.volume.${id}`, undefined, { timeout: 10_000 });
  expect(stats.parse(only.json())).toMatchObject({ id, name: "volume" });
});

test("for a service that is nowhere the broker itself says so", async () => {
  await expect(raw.request("$SRV.PING.nothing", undefined, { timeout: 10_000 })).rejects.toThrow(/no responders/);
  await expect(raw.request("$SRV.PING.volume.nobody", undefined, { timeout: 10_000 })).rejects.toThrow(/no responders/);
});
