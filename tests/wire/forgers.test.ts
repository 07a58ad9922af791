import { connect, headers } from "@nats-io/transport-node";
import { call, contract, stream } from "@reeve/contract";
import type { Transport } from "@reeve/runtime/transport";
import { ManualClock, type NatsServer, natsServer } from "@reeve/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { natsBroker, transports, useHouse } from "./broker.ts";
import { PageClient } from "./page-client.ts";
import { decode, encode } from "./page-codec.ts";
import { pass } from "./passing.ts";

const works = contract("work", "1.0", {
  run: call({ input: z.object({}), output: z.string(), timeout: "10m" }),
  count: stream({ input: z.object({}), progress: z.number() }),
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

  test("tells a server nothing of the clocks of other callers", async () => {
    const server = await house.host("server");
    await server.serve(works, { operations: { run: () => "done", count: async function* () {} } });
    const [evil, honest] = [await house.raw("evil"), await house.raw("honest")];
    const request = (from: Transport, reply: string, sentAt: number) => {
      const headers = { "Reeve-Sent-At": String(sentAt), "Reeve-Timeout": "1s" };
      from.publish(`reeve.call.work.v1.run.any.${from.caller}`, Buffer.from("{}"), { reply, headers });
      return from.flush();
    };
    const answers: unknown[] = [];
    honest.subscribe("_INBOX.shared.*", ({ data }) => void answers.push(JSON.parse(Buffer.from(data).toString())));
    await honest.flush();
    await request(evil, "_INBOX.shared.1", 10 ** 12);
    await request(honest, "_INBOX.shared.2", performance.now());
    await expect.poll(() => answers).toEqual(["done", "done"]);
  });
});

describe.each(transports)("credit that is no number, %s", (name) => {
  const house = useHouse(name);

  test("neither holds a stream up nor lets it go", async () => {
    const server = await house.host("server");
    const counted: number[] = [];
    const count = async function* () {
      for (let step = 0; step < 20; step++) {
        counted.push(step);
        yield step;
      }
    };
    await server.serve(works, { operations: { run: () => "done", count } });
    const raw = await house.raw("odd");
    let ended = false;
    raw.subscribe(`${raw.inbox}.>`, ({ data }) => {
      const [, ...frames] = decode(Buffer.from(data.subarray(1)));
      ended ||= frames.some(([kind]: any[]) => kind === 16);
    });
    await raw.flush();
    const send = (...frames: readonly unknown[][]) => {
      const message = Buffer.concat([Buffer.of(2), encode([[performance.now()], ...frames])]);
      raw.publish("reeve.call.work.v1.count.any.odd", message, { reply: `${raw.inbox}.s3cret.1` });
    };
    send([1, 1, performance.now() + 60_000, null, {}]);
    await expect.poll(() => counted.length).toBe(16);
    send([3, 1, Number.NaN], [3, 1, -1], [3, 1, 0.5], [3, 1, Number.POSITIVE_INFINITY], [3, 1, "32"]);
    send([3, 1, 32]);
    await expect.poll(() => ended).toBe(true);
    expect(counted).toHaveLength(20);
  });
});
