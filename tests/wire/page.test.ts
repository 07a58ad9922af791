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
  get: call({ input: z.object({ id: z.string() }), output: z.object({ id: z.string() }), idempotent: true }),
  create: call({ input: z.object({ id: z.string() }), output: z.object({ id: z.string() }) }),
  whoami: call({ input: z.object({}), output: z.unknown() }),
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
    const run = ({ id }: { id: string }) => {
      runs.push(id);
      return { id };
    };
    const { endpoint, member, vanish } = await host.serve(
      volumes,
      {
        operations: {
          get: run,
          create: run,
          whoami: (_, ctx) => ({ principal: ctx.principal, request: ctx.requestId, peer: ctx.peer }),
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
    return { client, runs, aborted, endpoint, host, incarnation: member.incarnation!, vanish };
  }

  const at = (operation: string, reach = "any") => `reeve.call.volume.v1.${operation}.${reach}`;
  const here = "block-01@ssd";
  const until = (assertion: () => void) => vi.waitFor(assertion, { timeout: 8_000 });
  const forgotten = (number: number) => [
    17,
    number,
    expect.objectContaining({ reason: "LINK_LOST", outcome: "maybe-executed" }),
  ];

  test("calls any, all, an address and a cluster, several calls in one message", async () => {
    const { client, incarnation } = await served();
    let number = 0;
    for (const reach of ["any", "all", here, "@rack-a"]) {
      const numbers = [++number, ++number, ++number];
      const frames = numbers.map((one) => [1, one, client.deadline(5_000), null, { id: `v${one}` }]);
      const batch = client.send(at("get", reach), ...frames);
      await until(() => expect(client.answers.at(-1)?.batch).toBe(batch));
      const { head, frames: answered } = client.answers.at(-1)!;
      expect(head).toEqual([here, incarnation, 9]);
      expect(answered).toEqual(numbers.map((one) => [16, one, { id: `v${one}` }]));
    }
    await client.close();
  });

  test("is told errors, expiry, unknown operations and malformed frames", async () => {
    const { client, runs } = await served();
    client.send(at("fail"), [1, 1, client.deadline(5_000), null, {}]);
    client.send(at("create"), [1, 2, client.deadline(-1), null, { id: "late" }]);
    client.send(at("create"), [1, 3, "soon", null, { id: "no deadline" }]);
    client.send(at("nothing"), [1, 4, client.deadline(5_000), null, {}]);
    const refused = client.send(at("create"), [1, 0, client.deadline(5_000), null, { id: "no number" }]);
    const errorOf = (number: number) => client.about(number)[0]?.[2];
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
    expect(client.answered(refused)).toEqual([[17, 0, expect.objectContaining({ reason: "MALFORMED_FRAME" })]]);
    expect(runs).toEqual([]);
    await client.close();
  });

  test("`sentAt`: what a message took above the usual is deducted from its time", async () => {
    const clock = new ManualClock();
    const { client, runs, host } = await served({ clock });
    const send = (number: number, sentAt: number) =>
      client.say({ sentAt }, at("create"), [1, number, sentAt + 1_000, null, { id: `v${number}` }]);
    send(1, 5_000);
    await until(() => expect(runs).toEqual(["v1"]));
    await pass(clock, 1_500, host.transport);
    // It left when the first one did.
    send(2, 5_000);
    await until(() => expect(client.about(2)[0]?.[2]).toMatchObject({ reason: "DEADLINE_EXCEEDED" }));
    expect(runs).toEqual(["v1"]);
    await client.close();
  });

  test("`incarnation`: another one says that it is not the one, and consumes no number", async () => {
    const { client, runs, incarnation } = await served();
    const frame = [1, 1, client.deadline(5_000), null, { id: "once" }];
    client.say({ incarnation: "another" }, at("create", here), frame, [2, 2]);
    await until(() =>
      expect(client.answers.at(-1)).toMatchObject({
        head: [here, incarnation, 9],
        frames: [[17, 1, { reason: "PEER_LOST" }]],
      }),
    );
    expect(runs).toEqual([]);
    client.say({ incarnation }, at("create", here), frame);
    await until(() => expect(client.about(1).at(-1)).toEqual([16, 1, { id: "once" }]));
    await client.close();
  });

  test("`incarnation`: where the one that is meant is there as well, the other one says nothing", async () => {
    const { client, host, incarnation, vanish } = await served();
    // It is listed no longer, and listens still, as one that is being replaced does.
    vanish();
    await host.serve(volumes, { operations: { create: () => ({ id: "the other" }) } as any }, { address: here });
    const says = { incarnation };
    const first = client.say(says, at("create", here), [1, 1, client.deadline(5_000), null, { id: "v1" }]);
    const second = client.say(says, at("create", here), [1, 2, client.deadline(5_000), null, { id: "v2" }]);
    await until(() => expect(client.answered(second)).toHaveLength(1));
    await host.transport.flush();
    expect(client.answered(first)).toEqual([[16, 1, { id: "v1" }]]);
    expect(client.answered(second)).toEqual([[16, 2, { id: "v2" }]]);
    await client.close();
  });

  test("sends a call again under its number: it is answered again, or told that it runs, and runs once", async () => {
    const { client, runs, incarnation, endpoint } = await served();
    const says = { incarnation };
    const frame = [1, 7, client.deadline(60_000), { key: "k", waits: false }, { id: "once" }, "not defined yet"];
    for (let i = 0; i < 3; i++) client.say(says, at("create", here), [15, "later"], frame);
    await until(() => expect(client.about(7)).toEqual(Array(3).fill([16, 7, { id: "once" }])));
    expect(runs).toEqual(["once"]);
    for (let i = 0; i < 2; i++) client.say(says, at("slow", here), [1, 8, client.deadline(60_000), null, {}]);
    await until(() => expect(client.about(8)).toEqual([[19, 8]]));
    expect(endpoint.inFlight).toBe(1);
    await client.close();
  });

  test("a refusal consumes the number", async () => {
    const { client, runs } = await served();
    client.send(at("create"), [1, 1, client.deadline(-1), null, { id: "late" }]);
    client.send(at("create"), [1, 1, client.deadline(5_000), null, { id: "again" }]);
    await until(() => expect(client.about(1)).toHaveLength(2));
    expect(client.about(1).map(([, , { reason }]) => reason)).toEqual(["DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"]);
    expect(runs).toEqual([]);
    await client.close();
  });

  test("a cancel that overtakes its call consumes the number", async () => {
    const { client, runs } = await served();
    client.send(at("create"), [2, 1]);
    client.send(at("create"), [1, 1, client.deadline(5_000), null, { id: "late" }]);
    await until(() =>
      expect(client.about(1)).toEqual([
        [17, 1, expect.objectContaining({ reason: "CANCELLED", outcome: "not-executed" })],
      ]),
    );
    expect(runs).toEqual([]);
    await client.close();
  });

  test("`floor` and `acks` free answers and no number; what is idempotent runs again", async () => {
    const { client, runs } = await served();
    const send = (number: number, says = {}, operation = "create") =>
      client.say(says, at(operation), [1, number, client.deadline(5_000), null, { id: `v${number}` }]);
    for (const number of [1, 2, 3, 4]) send(number);
    await until(() => expect(runs).toHaveLength(4));
    const batch = send(4, { floor: 2, acknowledged: [3, 3] });
    await until(() => expect(client.answered(batch)).toEqual([[16, 4, { id: "v4" }]]));
    const later = [1, 2, 3].map((number) => send(number, { floor: 2, acknowledged: [3, 3] }));
    await until(() => expect(client.answered(later[2]!)).toHaveLength(1));
    expect(later.flatMap((one) => client.answered(one))).toEqual([forgotten(1), [16, 2, { id: "v2" }], forgotten(3)]);
    // Never seen, and below the floor: it may have been forgotten.
    const never = send(5, { floor: 9 });
    await until(() => expect(client.answered(never)).toEqual([forgotten(5)]));
    expect(runs).toEqual(["v1", "v2", "v3", "v4"]);
    for (let i = 0; i < 2; i++) send(10, {}, "get");
    await until(() => expect(client.about(10)).toHaveLength(2));
    expect(runs.slice(4)).toEqual(["v10", "v10"]);
    await client.close();
  });

  test("another secret is another conversation: the same number there is another call", async () => {
    const { client, runs } = await served();
    for (const secret of ["one", "other"])
      client.say({ secret }, at("create"), [1, 1, client.deadline(5_000), null, { id: secret }]);
    await until(() => expect(client.about(1)).toHaveLength(2));
    expect(runs).toEqual(["one", "other"]);
    await client.close();
  });

  test.each([
    ["sentAt", [["now", null, 1, []]]],
    ["incarnation", [[1, 7, 1, []]]],
    ["floor", [[1, null, 0, []]]],
    ["acks", [[1, null, 1, [4, 3]]]],
  ])("a head with another %s is refused as a whole", async (_, [head]) => {
    const { client, runs } = await served();
    const [sentAt, incarnation, floor, acknowledged] = head as any[];
    const frame = [1, 1, client.deadline(5_000), null, { id: "v1" }];
    const batch = client.say({ sentAt, incarnation, floor, acknowledged }, at("create"), frame);
    await until(() =>
      expect(client.answered(batch)).toEqual([[17, 0, expect.objectContaining({ reason: "MALFORMED_FRAME" })]]),
    );
    expect(runs).toEqual([]);
    await client.close();
  });

  test("`meta`: principal, request and chain", async () => {
    const { client } = await served({ trustedForwarders: ["cli"] });
    const principal = { user: "ann", tenant: "t1", roles: ["admin"] };
    const ask = (number: number, meta: object | null) =>
      client.send(at("whoami"), [1, number, client.deadline(5_000), meta, {}]);
    ask(1, { principal, request: "r-1", chain: [["scheduler/ctl-01", "lane"]] });
    ask(2, null);
    ask(3, { principal: { user: "" } });
    await until(() => expect(client.about(3)).toHaveLength(1));
    expect(client.about(1)[0]?.[2]).toMatchObject({ principal, request: "r-1" });
    expect(client.about(2)[0]?.[2]).toMatchObject({ principal: { user: "cli", roles: [] } });
    expect(client.about(3)[0]?.[2]).toMatchObject({ reason: "MALFORMED_FRAME" });
    await client.close();
  });

  test("reads a stream as far as it gives credit", async () => {
    const { client } = await served();
    client.send(at("copy"), [1, 1, client.deadline(20_000), null, { steps: 40 }]);
    const steps = () => client.about(1).filter(([kind]) => kind === 18);
    await until(() => expect(steps()).toHaveLength(16));
    client.send(at("copy"), [3, 1, 30]);
    await until(() => expect(steps()).toHaveLength(30));
    client.send(at("copy"), [3, 1, 46]);
    await until(() => expect(client.about(1).at(-1)).toEqual([16, 1, "done", 40]));
    expect(steps()).toEqual(Array.from({ length: 40 }, (_, number) => [18, 1, number, number]));
    await client.close();
  });

  test("casts; cancels; hears that a slow call still runs; is gone 10 s after it left", async () => {
    const clock = new ManualClock();
    const { client, aborted, endpoint, host, incarnation } = await served({ clock });
    client.send(at("rescan"), [1, 1, client.deadline(5_000), null, {}]);
    await until(() => expect(client.about(1)).toEqual([[16, 1]]));
    client.send(at("slow"), [1, 2, client.deadline(60_000), null, {}], [1, 3, client.deadline(60_000), null, {}]);
    await until(() => expect(endpoint.inFlight).toBe(2));
    await pass(clock, 1_000, host.transport);
    await until(() =>
      expect(client.answers.at(-1)).toMatchObject({
        batch: "heartbeat",
        head: [null, incarnation],
        frames: [expect.arrayContaining([19, 2, 3])],
      }),
    );
    const again = client.send(at("slow"), [2, 2]);
    await until(() => expect(aborted).toHaveBeenCalledTimes(1));
    expect(endpoint.inFlight).toBe(1);
    // It was cancelled, and what it did is nobody's to tell.
    client.send(at("slow"), [1, 2, client.deadline(60_000), null, {}]);
    await until(() => expect(client.about(2).at(-1)).toEqual(forgotten(2)));
    expect(client.answered(again)).toEqual([]);
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
    const example = /^`(02 [0-9a-f ]+)` is a call/m.exec(page)?.[1] ?? "";
    const bytes = Buffer.from(example.replaceAll(" ", ""), "hex");
    expect(decode(bytes.subarray(1))).toEqual([
      [1234.5, "i1", 3, [5, 5]],
      [1, 6, 3000, null, { id: "v1" }],
    ]);
  });
});
