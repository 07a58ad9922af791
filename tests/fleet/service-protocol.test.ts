import { connect as connectRaw, type NatsConnection } from "@nats-io/transport-node";
import { call, contract } from "@reeve/contract";
import { nats } from "@reeve/nats";
import { connect, createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { natsServer, silentLogger } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { info, ping, stats } from "../service-protocol/micro-responses.ts";

const disks = contract("disk", "1.2", {
  read: call({ input: z.object({ bytes: z.number().int() }), output: z.string() }),
  wipe: call({ route: "owner", input: z.object({}), output: z.string(), errors: { LOCKED: z.object({}) } }),
  spin: call({ route: "address", input: z.object({}), output: z.string(), timeout: "30s" }),
});

const diskManager = defineManager({
  contract: disks,
  setup: ({ address }) => ({
    owner: () => address,
    operations: {
      read: ({ bytes }) => "x".repeat(bytes),
      wipe: (_, ctx) => ctx.fail("LOCKED", {}),
      spin: (_, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    },
  }),
});

/** A broker, a host with the manager, a caller, and a client that knows nothing of us. */
async function stage() {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await natsServer());
  const host = (name: string) => {
    const supervisor = createSupervisor({
      host: name,
      transport: nats({ servers: server.url, caller: name }),
      store: sqlite({ path: ":memory:" }),
      log: silentLogger,
    });
    supervisor.spawn(diskManager);
    stack.defer(() => supervisor.stop());
    return supervisor;
  };
  const supervisor = host("block-01");
  await supervisor.start();
  const caller = stack.use(
    await connect({ transport: nats({ servers: server.url, caller: "cli" }), log: silentLogger }),
  );
  const raw = await connectRaw({ servers: server.url });
  stack.defer(() => raw.close());
  return { supervisor, host, disk: caller.ref(disks), raw, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const patience = { timeout: 15_000 };

async function ask(raw: NatsConnection, subject: string): Promise<any[]> {
  const found: unknown[] = [];
  const answers = await raw.requestMany(subject, undefined, { strategy: "stall", maxWait: 2_000, stall: 300 });
  for await (const message of answers) found.push(message.json());
  return found;
}

async function statsOf(raw: NatsConnection, operation: string): Promise<any> {
  const [answer] = await ask(raw, "$SRV.STATS.disk");
  return stats.parse(answer).endpoints.find(({ name }) => name === operation);
}

test("a tool of NATS finds each incarnation, its operations, and where plain JSON reaches them", async () => {
  await using here = await stage();
  const { raw, host } = here;
  const second = host("block-02");
  await second.start();
  // What a host subscribes to takes its way to the broker.
  const pings = await vi.waitFor(async () => {
    const answers = (await ask(raw, "$SRV.PING.disk")).map((answer) => ping.parse(answer));
    expect(answers.map(({ metadata }) => metadata.address).sort()).toEqual(["block-01", "block-02"]);
    return answers;
  }, patience);
  expect(pings.map(({ version }) => version)).toEqual(["1.2.0", "1.2.0"]);

  const first = pings.find(({ metadata }) => metadata.address === "block-01")!;
  const [told] = await ask(raw, `$SRV.INFO.disk.${first.id}`);
  expect(info.parse(told).endpoints).toEqual([
    { name: "read", subject: "reeve.call.disk.v1.read.any.*", queue_group: "reeve", metadata: { route: "any" } },
    { name: "wipe", subject: "reeve.call.disk.v1.wipe.any.*", queue_group: "reeve", metadata: { route: "owner" } },
    { name: "spin", subject: "reeve.call.disk.v1.spin.block-01.*", queue_group: "", metadata: { route: "address" } },
  ]);
  const answer = await raw.request("reeve.call.disk.v1.read.any.tool", '{"bytes":3}');
  expect(answer.json()).toBe("xxx");

  await second.stop();
  await vi.waitFor(async () => {
    expect((await ask(raw, "$SRV.PING.disk")).map(({ metadata }) => metadata.address)).toEqual(["block-01"]);
  }, patience);
  await here.supervisor.restart("disk", "block-01");
  await vi.waitFor(async () => {
    const [next] = await ask(raw, "$SRV.PING.disk");
    expect(next.metadata).toEqual({ address: "block-01", epoch: "2" });
    expect(next.id).not.toBe(first.id);
  }, patience);
});

test("every call from elsewhere is counted where it belongs, with its error and its time", async () => {
  await using here = await stage();
  const { raw, disk, supervisor } = here;
  expect(await statsOf(raw, "read")).toMatchObject({
    num_requests: 0,
    num_errors: 0,
    last_error: "",
    processing_time: 0,
  });
  await Promise.all(Array.from({ length: 20 }, () => disk.read({ bytes: 10 })));
  await raw.request("reeve.call.disk.v1.read.any.tool", '{"bytes":1}');
  // Next door, it is no request that came over NATS.
  await supervisor.ref(disks).read({ bytes: 1 });
  const read = await statsOf(raw, "read");
  expect(read).toMatchObject({ num_requests: 21, num_errors: 0, last_error: "" });
  expect(read.processing_time).toBeGreaterThan(0);
  expect(read.average_processing_time).toBe(Math.floor(read.processing_time / 21));

  await expect(disk.wipe({})).rejects.toMatchObject({ reason: "LOCKED" });
  expect(await statsOf(raw, "wipe")).toMatchObject({
    num_requests: 1,
    num_errors: 1,
    last_error: expect.stringContaining("LOCKED"),
  });
  expect(await statsOf(raw, "read")).toMatchObject({ num_requests: 21 });
});

test.each([
  ["envelopes", (here: Awaited<ReturnType<typeof stage>>, bytes: number) => here.disk.read({ bytes })],
  [
    "JSON",
    ({ raw }: Awaited<ReturnType<typeof stage>>, bytes: number) =>
      raw.request("reeve.call.disk.v1.read.any.tool", JSON.stringify({ bytes }), { timeout: 5_000 }),
  ],
])("in %s, an answer too large to travel and an input that is refused are errors", async (_, read) => {
  await using here = await stage();
  await read(here, 2 ** 21).catch(() => undefined);
  expect(await statsOf(here.raw, "read")).toMatchObject({
    num_requests: 1,
    num_errors: 1,
    last_error: expect.stringContaining("PAYLOAD_TOO_LARGE"),
  });
  await read(here, 0.5).catch(() => undefined);
  expect(await statsOf(here.raw, "read")).toMatchObject({
    num_requests: 2,
    num_errors: 2,
    last_error: expect.stringContaining("INVALID_INPUT"),
  });
});

test("a call is counted when it is over, also when its caller gives it up; while it runs, the state tells", async () => {
  await using here = await stage();
  const { raw, disk } = here;
  const giveUp = new AbortController();
  const spinning = disk.at("block-01").spin({}, { signal: giveUp.signal });
  await expect
    .poll(async () => (await statsOf(raw, "spin")).data)
    .toEqual({
      state: "serving",
      phase: "ready",
      causes: [],
      inFlight: 1,
      queued: 0,
    });
  expect(await statsOf(raw, "spin")).toMatchObject({ num_requests: 0 });
  giveUp.abort();
  await expect(spinning).rejects.toMatchObject({ reason: "CANCELLED" });
  await expect
    .poll(() => statsOf(raw, "spin"))
    .toMatchObject({
      num_requests: 1,
      num_errors: 1,
      last_error: expect.stringContaining("CANCELLED"),
    });
});
