import { call, contract } from "@reeve/contract";
import { type NatsServer, natsServer } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { natsBroker, useHouse } from "./broker.ts";
import { PageClient } from "./page-client.ts";

const bells = contract("bell", "1.0", { ring: call({ input: z.object({}), output: z.number() }) });
const subject = "reeve.call.bell.v1.ring.tower";

describe("a callee that is released", () => {
  let server: NatsServer;
  const house = useHouse("nats", async () => {
    server = await natsServer();
    return natsBroker(server);
  });

  async function tower(options = {}) {
    let rung = 0;
    const held = Promise.withResolvers<void>();
    const host = await house.host("tower", options);
    const ring = async () => {
      const number = ++rung;
      await held.promise;
      return number;
    };
    const serving = await host.serve(bells, { operations: { ring } });
    const client = await PageClient.connect(server.url, "cli");
    const ringing = (number: number) => [1, number, client.deadline(20_000), null, {}];
    return { host, ...serving, client, ringing, held, rung: () => rung };
  }

  test("takes along what was said to it by name, and no sooner than its calls have been answered", async () => {
    const { host, endpoint, member, client, ringing, held, rung } = await tower();
    const incarnation = member.incarnation!;
    client.say({ incarnation }, subject, ringing(1));
    await expect.poll(rung).toBe(1);
    host.remoteServer.release(endpoint);
    expect(host.remoteServer.conversations).toBe(1);
    held.resolve();
    await expect.poll(() => client.about(1)).toEqual([[16, 1, 1]]);
    expect(host.remoteServer.conversations).toBe(0);
    // A copy that was on its way is not new to it.
    client.say({ incarnation }, subject, ringing(1));
    await expect
      .poll(() => client.about(1).at(-1))
      .toEqual([17, 1, expect.objectContaining({ reason: "PEER_LOST", outcome: "maybe-executed" })]);
    expect([rung(), host.remoteServer.conversations]).toEqual([1, 0]);
    await client.close();
  });

  test("leaves what was said to whoever lives there: the next one must know which numbers were used", async () => {
    const { host, endpoint, vanish, client, ringing, held, rung } = await tower();
    held.resolve();
    client.send(subject, ringing(1));
    await expect.poll(() => client.about(1)).toEqual([[16, 1, 1]]);
    await endpoint.close();
    host.remoteServer.release(endpoint);
    vanish();
    expect(host.remoteServer.conversations).toBe(1);
    await host.serve(bells, { operations: { ring: () => 99 } });
    client.send(subject, ringing(1));
    await expect.poll(() => client.about(1)).toHaveLength(2);
    expect(client.about(1)[1]).toEqual([16, 1, 1]);
    expect(rung()).toBe(1);
    await client.close();
  });

  test("runs nothing that was kept for it until it was known who lives here", async () => {
    let [admitted, asked] = [true, 0];
    const admits = () => {
      asked++;
      return admitted;
    };
    const { host, endpoint, member, client, ringing, held, rung } = await tower({ admits });
    const incarnation = member.incarnation!;
    held.resolve();
    client.say({ incarnation }, subject, ringing(1));
    await expect.poll(() => client.about(1)).toHaveLength(1);
    [admitted, asked] = [false, 0];
    client.say({ incarnation }, subject, ringing(1));
    await expect.poll(() => asked).toBe(1);
    host.remoteServer.release(endpoint);
    admitted = true;
    host.remoteServer.admit();
    await expect.poll(() => client.about(1)).toHaveLength(2);
    expect(client.about(1)[1]).toEqual([17, 1, expect.objectContaining({ reason: "PEER_LOST" })]);
    expect(rung()).toBe(1);
    await client.close();
  });
});
