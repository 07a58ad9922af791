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

function tell(sequence: number, rest: object): void {
  const head = { type: "reeve.members.v1", sender: "GO1", host: "go-01", sequence, everyMs: 2_000 };
  foreign.publish("reeve.sys.members.go-01", JSON.stringify({ ...head, ...rest }));
}

function beat(sequence: number, lagMs: number): void {
  const heartbeat = { type: "reeve.alive.v1", sender: "GO1", sequence, everyMs: 2_000, lagMs };
  foreign.publish("reeve.sys.alive.go-01", JSON.stringify(heartbeat));
}

const member = { manager: "volume", version: "1.0", address: "go-01", epoch: 1, inFlight: 0, queued: 0 };

test("a process in another language is a member by what it sends", async () => {
  const watching = watcher(ours);
  const volumes = watching.members.of("volume", 1);
  // The broker has two connections before it: what comes on one may overtake the subscriptions of the other.
  await ours.flush();
  tell(1, {
    whole: true,
    entries: [{ ...member, state: "serving", canServe: true, somethingNew: [1] }],
    alsoNew: true,
  });
  await watching.until(() => volumes.length === 1);
  expect(volumes[0]).toMatchObject({ address: "go-01", caller: "go-01", minor: 0, canServe: true, cluster: undefined });
  beat(1, 6_000);
  await watching.until(() => volumes[0]?.canServe === false);
  expect(volumes[0]).toMatchObject({ state: "degraded", reasons: ["LOOP_LAGGING"] });
  beat(2, 0);
  await watching.until(() => volumes[0]?.canServe === true);
  tell(2, { entries: [{ ...member, state: "draining" }] });
  await watching.until(() => volumes[0]?.canServe === false);
  const reconnected: unknown[] = [];
  watching.members.onReconnected((members) => reconnected.push(...members.map(({ address }) => address)));
  tell(1, { entries: [{ ...member, state: "serving", canServe: true }] });
  tell(3, { entries: [{ ...member, state: "draining" }] });
  tell(4, { entries: [{ ...member, state: "draining", reconnects: 1 }] });
  tell(5, { entries: [{ ...member, state: "draining", reconnects: 1 }] });
  await expect.poll(() => reconnected).toEqual(["go-01"]);
  // What it missed it asks for.
  const questions = foreign.subscribe("reeve.sys.wanted.members._host.go-01.*", { max: 1 });
  await foreign.flush();
  tell(7, { entries: [] });
  for await (const question of questions) {
    expect([question.subject, question.json()]).toEqual([
      "reeve.sys.wanted.members._host.go-01.ours",
      { senders: ["GO1"] },
    ]);
  }
  tell(8, { entries: [], last: true });
  await watching.until(() => volumes.length === 0);
  expect(reconnected).toEqual(["go-01"]);
  expect(watching.gone).toMatchObject([{ address: "go-01" }]);
});

test("a process in another language finds who is there", async () => {
  const telling = announcer(ours, { intervalMs: 60_000 });
  telling.announce({ manager: "network", version: "2.3", address: "a", cluster: "rack", epoch: 5 });
  const watching = watcher(ours);
  await watching.until(() => watching.members.of("network", 2).length === 1);
  const answers = foreign.subscribe("reeve.sys.found.members.go-01.*", { max: 1 });
  foreign.publish("reeve.sys.wanted.members.network.v2.go-01", "");
  for await (const answer of answers) {
    expect(answer.subject).toBe("reeve.sys.found.members.go-01.ours");
    expect(answer.json()).toMatchObject({
      type: "reeve.members.v1",
      entries: [{ manager: "network", version: "2.3", address: "a", cluster: "rack", epoch: 5, state: "booting" }],
    });
  }
});
