import { connect, type NatsConnection } from "@nats-io/transport-node";
import { nats } from "@reeve/nats";
import type { Transport } from "@reeve/runtime/transport";
import { type NatsServer, natsServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { announcer, watcher } from "./watchers.ts";

// Somebody who has nothing but docs/wire.md and a client of the broker.
let server: NatsServer;
let foreign: NatsConnection;
let ours: Transport;
beforeAll(async () => {
  server = await natsServer();
  foreign = await connect({ servers: server.url });
  ours = nats({ servers: server.url, caller: "ours" });
  await ours.connect();
});
afterAll(async () => {
  await foreign.close();
  await ours.close();
  await server.close();
});

function beat(sequence: number, rest: object): void {
  const head = { type: "reeve.beat.v1", sender: "GO1", host: "go-01", sequence, everyMs: 2_000, lagMs: 0 };
  foreign.publish("reeve.sys.members.beat.go-01", JSON.stringify({ ...head, ...rest }));
}

const member = { manager: "volume", version: "1.0", address: "go-01", epoch: 1, inFlight: 0, queued: 0 };

test("a process in another language is a member by what it sends", async () => {
  const watching = watcher(ours);
  const volumes = watching.members.of("volume", 1);
  // The broker has two connections before it: what comes on one may overtake the subscriptions of the other.
  await ours.flush();
  beat(1, { members: [{ ...member, state: "serving", canServe: true, somethingNew: [1] }], alsoNew: true });
  await watching.until(() => volumes.length === 1);
  expect(volumes[0]).toMatchObject({ address: "go-01", caller: "go-01", minor: 0, canServe: true, cluster: undefined });
  beat(2, { members: [{ ...member, state: "draining" }] });
  await watching.until(() => volumes[0]?.canServe === false);
  const relinked: unknown[] = [];
  watching.members.onRelinked((members) => relinked.push(...members.map(({ address }) => address)));
  beat(1, { members: [{ ...member, state: "serving", canServe: true }] });
  beat(3, { members: [{ ...member, state: "draining" }] });
  beat(4, { members: [{ ...member, state: "draining", links: 1 }] });
  beat(5, { members: [{ ...member, state: "draining", links: 1 }] });
  await expect.poll(() => relinked).toEqual(["go-01"]);
  beat(6, { members: [], last: true });
  await watching.until(() => volumes.length === 0);
  expect(relinked).toEqual(["go-01"]);
  expect(watching.gone).toMatchObject([{ address: "go-01" }]);
});

test("a process in another language finds who is there", async () => {
  const telling = announcer(ours, { intervalMs: 60_000 });
  telling.announce({ manager: "network", version: "2.3", address: "a", cluster: "rack", epoch: 5 });
  const watching = watcher(ours);
  await watching.until(() => watching.members.of("network", 2).length === 1);
  const answers = foreign.subscribe("reeve.sys.members.found.go-01-asks.*", { max: 1 });
  foreign.publish("reeve.sys.members.wanted.network.v2", "", { reply: "reeve.sys.members.found.go-01-asks.1" });
  for await (const answer of answers) {
    expect(answer.subject).toBe("reeve.sys.members.found.go-01-asks.ours");
    expect(answer.json()).toMatchObject({
      type: "reeve.beat.v1",
      partial: true,
      members: [{ manager: "network", version: "2.3", address: "a", cluster: "rack", epoch: 5, state: "booting" }],
    });
  }
});
