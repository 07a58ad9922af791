import { readFile } from "node:fs/promises";
import { call, cast, contract, stream } from "@reeve/contract";
import { ManualClock, type NatsServer, natsServer } from "@reeve/testing";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { natsBroker, useHouse } from "./broker.ts";
import type { HostOptions } from "./host.ts";
import { PageClient } from "./page-client.ts";
import { decode } from "./page-codec.ts";
import { pass } from "./passing.ts";

const volumes = contract("volume", "1.0", {
  get: call({ input: z.object({ id: z.string() }), output: z.object({ id: z.string() }) }),
  slow: call({ input: z.object({}) }),
  fail: call({ input: z.object({}), errors: { NO_ROOM: z.object({ freeGiB: z.number() }) } }),
  copy: stream({ input: z.object({ steps: z.number() }), progress: z.number(), output: z.string() }),
  rescan: cast({ input: z.object({}) }),
});

describe("a client written from docs/wire.md", () => {
  let server: NatsServer;
  const house = useHouse("nats", async () => {
    server = await natsServer();
    return natsBroker(server);
  });

  async function served(options: HostOptions = {}) {
    const runs: string[] = [];
    const aborted = vi.fn();
    const host = await house.host("server", options);
    const { endpoint } = await host.serve(
      volumes,
      {
        operations: {
          get: ({ id }) => {
            runs.push(id);
            return { id };
          },
          slow: (_, ctx) =>
            new Promise((_resolve, reject) => {
              ctx.signal.addEventListener("abort", () => {
                aborted();
                reject(ctx.signal.reason);
              });
            }),
          fail: (_, ctx) => (ctx as any).fail("NO_ROOM", { freeGiB: 3 }),
          copy: async function* ({ steps }: { steps: number }) {
            for (let step = 0; step < steps; step++) yield step;
            return "done";
          },
          rescan: () => undefined,
        },
      },
      { address: "block-01@ssd", cluster: "rack-a", epoch: 9 },
    );
    const client = await PageClient.connect(server.url, "cli");
    return { client, runs, aborted, endpoint, host };
  }

  const until = (assertion: () => void) => vi.waitFor(assertion, { timeout: 8_000 });

  test("calls any, all, an address and a cluster, several calls in one message", async () => {
    const { client } = await served();
    let id = 0;
    for (const reach of ["any", "all", "block-01@ssd", "@rack-a"]) {
      const ids = [++id, ++id, ++id];
      const frames = ids.map((one) => [1, one, client.deadline(5_000), null, { id: `v${one}` }]);
      const batch = client.send(`reeve.call.volume.v1.get.${reach}`, ...frames);
      await until(() => expect(client.answers.at(-1)?.batch).toBe(batch));
      const { head, frames: answered } = client.answers.at(-1)!;
      expect(head).toEqual(["block-01@ssd", 9]);
      expect(answered).toEqual(ids.map((one) => [16, one, { id: `v${one}` }]));
    }
    await client.close();
  });

  test("is told errors, expiry, wrong kinds and unknown operations", async () => {
    const { client, runs } = await served();
    client.send("reeve.call.volume.v1.fail.any", [1, 1, client.deadline(5_000), null, {}]);
    client.send("reeve.call.volume.v1.get.any", [1, 2, client.deadline(-1), null, { id: "late" }]);
    client.send("reeve.call.volume.v1.get.any", [3, 3, client.deadline(5_000), null, { id: "kind" }]);
    client.send("reeve.call.volume.v1.nothing.any", [1, 4, client.deadline(5_000), null, {}]);
    client.send("reeve.call.volume.v1.get.any", [1, 5, client.deadline(5_000), { epoch: 8 }, { id: "old" }]);
    const refused = client.send("reeve.call.volume.v1.get.any", [1, 0, client.deadline(5_000), null, { id: "no id" }]);
    const errorOf = (id: number) => client.about(id)[0]?.[2];
    await until(() => expect(client.answers.map(({ batch }) => batch)).toContain(refused));
    expect(errorOf(1)).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "NO_ROOM",
      data: { freeGiB: 3 },
      outcome: "executed",
    });
    expect(errorOf(2)).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "not-executed" });
    expect(errorOf(3)).toMatchObject({ reason: "MALFORMED_FRAME" });
    expect(errorOf(4)).toMatchObject({ reason: "UNKNOWN_OPERATION" });
    expect(errorOf(5)).toMatchObject({ reason: "PEER_LOST" });
    expect(client.answers.find(({ batch }) => batch === refused)?.frames).toEqual([
      [17, 0, expect.objectContaining({ reason: "MALFORMED_FRAME" })],
    ]);
    expect(runs).toEqual([]);
    await client.close();
  });

  test("repeats an id and gets the first answer again; an unknown kind is no error", async () => {
    const { client, runs } = await served();
    const frame = [1, 7, client.deadline(5_000), { key: "k", waits: false }, { id: "once" }, "not defined yet"];
    for (let i = 0; i < 3; i++) client.send("reeve.call.volume.v1.get.any", [15, "later"], frame);
    await until(() => expect(client.about(7)).toEqual(Array(3).fill([16, 7, { id: "once" }])));
    expect(runs).toEqual(["once"]);
    await client.close();
  });

  test("reads a stream as far as it gives credit", async () => {
    const { client } = await served();
    const subject = "reeve.call.volume.v1.copy.any";
    client.send(subject, [3, 1, client.deadline(20_000), null, { steps: 40 }]);
    const steps = () => client.about(1).filter(([kind]) => kind === 18);
    await until(() => expect(steps()).toHaveLength(16));
    client.send(subject, [5, 1, 30]);
    await until(() => expect(steps()).toHaveLength(30));
    client.send(subject, [5, 1, 46]);
    await until(() => expect(client.about(1).at(-1)).toEqual([16, 1, "done", 40]));
    expect(steps()).toEqual(Array.from({ length: 40 }, (_, number) => [18, 1, number, number]));
    await client.close();
  });

  test("asks what became of a call: it is told its answer, that it runs, or that nobody knows; nothing runs", async () => {
    const { client, aborted, endpoint } = await served();
    const slow = "reeve.call.volume.v1.slow.any";
    client.send(slow, [1, 2, client.deadline(60_000), null, {}]);
    client.send("reeve.call.volume.v1.rescan.any", [2, 1, client.deadline(5_000), null, {}]);
    await until(() => expect(client.about(1)).toEqual([[16, 1]]));
    const { calls } = endpoint;
    client.send(slow, [6, 1], [6, 2], [6, 7]);
    const unknown = [17, 7, expect.objectContaining({ reason: "LINK_LOST", outcome: "maybe-executed" })];
    await until(() => expect(client.answers.at(-1)?.frames).toEqual([[16, 1], [19, 2], unknown]));
    client.send(slow, [4, 2]);
    await until(() => expect(aborted).toHaveBeenCalledTimes(1));
    client.send(slow, [6, 2]);
    const givenUp = expect.objectContaining({ reason: "LINK_LOST", message: expect.stringContaining("gave it up") });
    await until(() => expect(client.answers.at(-1)?.frames).toEqual([[17, 2, givenUp]]));
    expect(endpoint.calls).toBe(calls);
    await client.close();
  });

  test("casts; cancels; hears that a slow call still runs; is gone 10 s after it left", async () => {
    const clock = new ManualClock();
    const { client, aborted, endpoint, host } = await served({ clock });
    client.send("reeve.call.volume.v1.rescan.any", [2, 1, client.deadline(5_000), null, {}]);
    await until(() => expect(client.about(1)).toEqual([[16, 1]]));
    const slow = "reeve.call.volume.v1.slow.any";
    client.send(slow, [1, 2, client.deadline(60_000), null, {}], [1, 3, client.deadline(60_000), null, {}]);
    await until(() => expect(endpoint.inFlight).toBe(2));
    await pass(clock, 1_000, host.transport);
    await until(() =>
      expect(client.answers.at(-1)).toMatchObject({
        batch: "beat",
        head: [null, 0],
        frames: [expect.arrayContaining([19, 2, 3])],
      }),
    );
    client.send(slow, [4, 2]);
    await until(() => expect(aborted).toHaveBeenCalledTimes(1));
    expect(endpoint.inFlight).toBe(1);
    await client.close();
    await pass(clock, 10_000, host.transport);
    expect(endpoint.inFlight).toBe(1);
    await pass(clock, 4_000, host.transport);
    expect(endpoint.inFlight).toBe(0);
    expect(aborted).toHaveBeenCalledTimes(2);
  });

  test("learns from a notice's subject which message nobody took", async () => {
    const client = await PageClient.connect(server.url, "cli");
    const batches = ["a", "b"].map((manager) =>
      client.send(`reeve.call.${manager}.v1.get.any`, [1, 1, client.deadline(5_000), null, {}]),
    );
    await until(() =>
      expect(client.answers.filter(({ noResponders }) => noResponders).map(({ batch }) => batch)).toEqual(batches),
    );
    await client.close();
  });

  test("finds the page's example to be what it says", async () => {
    const page = await readFile(new URL("../../docs/wire.md", import.meta.url), "utf8");
    const example = /^`(01 [0-9a-f ]+)` is a call/m.exec(page)?.[1] ?? "";
    const bytes = Buffer.from(example.replaceAll(" ", ""), "hex");
    expect(decode(bytes.subarray(1))).toEqual([[1234.5], [1, 5, 3000, null, { id: "v1" }]]);
  });
});
