import { call, contract, reeveError, stream } from "@reeve/contract";
import type { Transport } from "@reeve/runtime/transport";
import { type FaultTransport, faultTransport } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";
import { transports, useHouse } from "./broker.ts";
import { settle } from "./passing.ts";

const Size = z.object({ bytes: z.number() });
const Wrong = z.string().refine(() => false, { error: () => "wrong".repeat(400_000) });
const files = contract("file", "1.0", {
  read: stream({ input: Size, progress: z.any(), output: z.string() }),
  load: call({ input: Size, output: z.string(), timeout: "20s" }),
  check: call({ input: z.object({ name: Wrong }) }),
  refuse: call({ input: z.object({ data: z.enum(["large", "loop", "big"]) }), errors: { REFUSED: z.any() } }),
  save: call({ input: z.object({ text: z.string() }), output: z.number(), timeout: "20s" }),
});

const limitBytes = 1_048_576;

const loop: Record<string, unknown> = {};
loop.itself = loop;
const refusals = { large: { text: "x".repeat(2_000_000) }, loop, big: { count: 2n ** 80n } };

/** A transport whose broker may take less from one moment on. */
function limited(inner: Transport, limit: { bytes: number }): Transport {
  return new Proxy(inner, {
    get(target, name) {
      if (name === "maxPayloadBytes") return limit.bytes;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe.each(transports)("what cannot be sent, %s", (name) => {
  const house = useHouse(name);

  async function open(step: (bytes: number) => unknown = (bytes) => "x".repeat(bytes)) {
    const ended: string[] = [];
    const limits = { server: { bytes: limitBytes }, client: { bytes: limitBytes } };
    const server = await house.host("server", { wrap: (inner) => limited(inner, limits.server) });
    await server.serve(files, {
      operations: {
        read: async function* ({ bytes }: { bytes: number }) {
          try {
            yield "first";
            yield step(bytes);
            ended.push("went on");
          } finally {
            ended.push("cleaned up");
          }
          return "all";
        },
        load: ({ bytes }) => "x".repeat(bytes),
        check: () => ended.push("ran"),
        refuse: ({ data }: { data: keyof typeof refusals }, ctx: any) => ctx.fail("REFUSED", refusals[data]),
        save: ({ text }: { text: string }) => text.length,
      },
    });
    let faults!: FaultTransport;
    const client = await house.host("client", {
      wrap: (inner) => {
        faults = faultTransport(inner, { print: () => {} });
        return limited(faults, limits.client);
      },
    });
    return { ended, limits, faults, server, file: client.ref(files), raw: () => house.raw("cli") };
  }

  test("a step above the transport's limit ends its stream as PAYLOAD_TOO_LARGE, and the handler cleans up", async () => {
    const { file, ended, server } = await open();
    const reading = file.read({ bytes: 2_000_000 });
    const steps: unknown[] = [];
    const error = await failure(
      (async () => {
        for await (const step of reading) steps.push(step);
      })(),
    );
    expect(error).toMatchObject({
      reason: "PAYLOAD_TOO_LARGE",
      outcome: "executed",
      address: "server",
      data: { bytes: expect.any(Number), limitBytes },
      message: expect.stringContaining("read: its step 1 of 2000"),
    });
    expect(await failure(reading.result)).toMatchObject({ reason: "PAYLOAD_TOO_LARGE" });
    expect(steps).toEqual(["first"]);
    expect(ended).toEqual(["cleaned up"]);
    expect(server.log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test.each([
    ["refers to itself", () => loop],
    ["is too deep", () => Array.from({ length: 100 }).reduce<unknown>((inner) => [inner], [])],
    ["has no encoding", () => ({ value: Symbol("x") })],
  ])("a step that %s ends its stream as INVALID_OUTPUT, and the handler cleans up", async (_, step) => {
    const { file, ended } = await open(step);
    expect(await failure(file.read({ bytes: 0 }).result)).toMatchObject({
      reason: "INVALID_OUTPUT",
      outcome: "executed",
    });
    expect(ended).toEqual(["cleaned up"]);
  });

  test("an error whose data cannot be sent says so, and what was done", async () => {
    const { file, ended } = await open();
    expect(await failure(file.refuse({ data: "large" }))).toMatchObject({
      reason: "PAYLOAD_TOO_LARGE",
      outcome: "executed",
      message: expect.stringContaining("refuse: its error REFUSED"),
      data: { limitBytes },
    });
    expect(await failure(file.refuse({ data: "loop" }))).toMatchObject({
      reason: "INVALID_OUTPUT",
      outcome: "executed",
    });
    // Refused before it ran, with more to say than fits.
    expect(await failure(file.check({ name: "a" }))).toMatchObject({
      reason: "PAYLOAD_TOO_LARGE",
      outcome: "not-executed",
      message: expect.stringContaining("INVALID_INPUT"),
    });
    expect(ended).toEqual([]);
  });

  test.each([
    ["large", "PAYLOAD_TOO_LARGE"],
    ["loop", "INVALID_OUTPUT"],
    ["big", "INVALID_OUTPUT"],
  ])("a JSON caller is told of an error whose data is %s", async (data, reason) => {
    const { raw } = await open();
    const cli = await raw();
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    cli.subscribe(`${cli.inbox}.1`, (message) => resolve(message.data.slice()));
    cli.publish("reeve.call.file.v1.refuse.any.cli", Buffer.from(JSON.stringify({ data })), {
      reply: `${cli.inbox}.1`,
    });
    const told = JSON.parse(new TextDecoder().decode(await promise));
    expect(told).toMatchObject({ reason, outcome: "executed" });
  });

  test("an answer that is told again over a link that takes less by now becomes an error", async () => {
    const { file, limits, faults, server } = await open();
    const swallowed = faults.drop({ direction: "in" });
    const loading = failure(file.load({ bytes: 600_000 }));
    await settle(server.transport, faults);
    faults.cut();
    swallowed.stop();
    limits.server.bytes = 100_000;
    faults.heal();
    expect(await loading).toMatchObject({ reason: "PAYLOAD_TOO_LARGE", outcome: "executed" });
  });

  test("a call that waited for a link that takes less by now fails as never sent, and the others go", async () => {
    const { file, limits, faults } = await open();
    await file.save({ text: "known" });
    faults.cut();
    const saving = ["a", "x".repeat(600_000), "b"].map((text) => file.save({ text }));
    const large = failure(saving[1]!);
    await settle();
    limits.client.bytes = 100_000;
    faults.heal();
    expect(await Promise.all([saving[0], saving[2]])).toEqual([1, 1]);
    expect(await large).toMatchObject({ reason: "PAYLOAD_TOO_LARGE", outcome: "never-sent" });
  });

  test("an error of the runtime's own is told with its message cut to what fits", async () => {
    const host = await house.host("server");
    await host.serve(files, {
      operations: {
        load: () => {
          throw reeveError("DRIVER_LOST", "y".repeat(2_000_000));
        },
      },
    });
    const file = (await house.host("client")).ref(files);
    const error = await failure(file.load({ bytes: 1 }));
    expect(error.reason).toBe("DRIVER_LOST");
    expect(error.message.length).toBeLessThanOrEqual(4_096);
  });
});
