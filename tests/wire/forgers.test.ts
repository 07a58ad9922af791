import { connect, headers } from "@nats-io/transport-node";
import { call, contract } from "@reeve/contract";
import { ManualClock, type NatsServer, natsServer } from "@reeve/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { natsBroker, useHouse } from "./broker.ts";
import { PageClient } from "./page-client.ts";
import { pass } from "./passing.ts";

const works = contract("work", "1.0", {
  run: call({ input: z.object({}), output: z.string(), timeout: "10m" }),
});

/** As who may answer on the broker, and has called the same server before. */
describe("a forger who may publish to every inbox", () => {
  let broker: NatsServer;
  beforeAll(async () => {
    broker = await natsServer();
  });
  afterAll(() => broker.close());
  const house = useHouse("forgers", async () => natsBroker(broker));

  test("cannot have another's call taken for abandoned by notices that the broker never gave", async () => {
    const clock = new ManualClock();
    const server = await house.host("server", { clock });
    const aborted: string[] = [];
    const run = (_: object, ctx: any) => {
      ctx.signal.addEventListener("abort", () => aborted.push(ctx.peer));
      return new Promise<string>(() => {});
    };
    const { endpoint } = await server.serve(works, { operations: { run } });
    const honest = await PageClient.connect(broker.url, "honest");
    const evil = await PageClient.connect(broker.url, "evil");
    const forger = await connect({ servers: broker.url });
    onTestFinished(async () => {
      for (const client of [honest, evil, forger]) await client.close();
    });
    const notices = new Set<string>();
    // What it may know: where the notices for its own heartbeats go.
    forger.subscribe("_INBOX.evil.>", { callback: (_, { reply }) => void (reply && notices.add(reply)) });
    await forger.flush();
    for (const caller of [honest, evil])
      caller.send("reeve.call.work.v1.run.any", [1, 1, caller.deadline(600_000), null, {}]);
    await expect.poll(() => endpoint.inFlight).toBe(2);
    for (let second = 0; second < 20; second++) {
      await pass(clock, 1_000, server.transport);
      await forger.flush();
      const last = [...notices].at(-1);
      if (last === undefined) continue;
      const subject = last.slice(0, last.lastIndexOf("."));
      for (let guess = 0; guess < 64; guess++)
        forger.publish(`${subject}.${guess.toString(36)}`, new Uint8Array(0), {
          headers: headers(503, "No Responders"),
        });
      await forger.flush();
      await server.transport.flush();
    }
    expect(notices.size).toBeGreaterThan(3);
    expect(aborted).toEqual([]);
    expect(endpoint.inFlight).toBe(2);
  });
});
