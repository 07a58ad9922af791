import { call, cast, contract, stream } from "@reeve/contract";
import type { Message, Transport } from "@reeve/runtime/transport";
import { ManualClock } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { transports, useHouse } from "./broker.ts";
import type { HostOptions } from "./host.ts";
import { pass } from "./passing.ts";

const Id = z.object({ id: z.string() });
const volumes = contract("volume", "1.0", {
  get: call({ input: Id, output: z.object({ id: z.string(), by: z.string(), key: z.string().optional() }) }),
  refuse: call({ input: Id, errors: { NO_ROOM: z.object({ freeGiB: z.number() }) } }),
  slow: call({ input: z.object({}), timeout: "60s" }),
  copy: stream({ input: z.object({}), progress: z.number(), output: z.string() }),
  rescan: cast({ input: Id }),
});

/** As `nats req` does it: a reply subject of its own, and text. */
async function request(
  transport: Transport,
  subject: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<{ readonly body: any; readonly headers: Record<string, string>; readonly message: Message }> {
  const reply = `${transport.inbox}.${Math.random().toString(36).slice(2)}`;
  const { promise, resolve } = Promise.withResolvers<Message>();
  const subscription = transport.subscribe(reply, resolve);
  transport.publish(subject, new TextEncoder().encode(body), { reply, headers });
  const message = await promise;
  subscription.unsubscribe();
  const text = new TextDecoder().decode(message.data);
  return { body: text === "" ? undefined : JSON.parse(text), headers: { ...message.headers }, message };
}

describe.each(transports)("plain JSON calls, %s", (name) => {
  const house = useHouse(name);

  async function served() {
    const server = await house.host("server", { trustedForwarders: ["gateway"] });
    await server.serve(
      volumes,
      {
        operations: {
          get: ({ id }, ctx) => ({ id, by: ctx.principal.user, key: ctx.idempotencyKey }),
          refuse: (_, ctx) => (ctx as any).fail("NO_ROOM", { freeGiB: 1 }),
          slow: () => new Promise(() => {}),
          copy: async function* () {
            yield 1;
            return "done";
          },
          rescan: () => undefined,
        },
      },
      { address: "block-01@ssd", cluster: "rack-a", epoch: 7 },
    );
    return house.raw("cli");
  }

  test("are answered as JSON, and say who answered", async () => {
    const cli = await served();
    for (const reach of ["any", "all", "block-01@ssd", "@rack-a"]) {
      const { body, headers } = await request(cli, `reeve.call.volume.v1.get.${reach}.cli`, '{"id":"v1"}');
      expect(body).toEqual({ id: "v1", by: "cli" });
      expect(headers).toMatchObject({ "Reeve-Address": "block-01@ssd", "Reeve-Epoch": "7" });
    }
    expect((await request(cli, "reeve.call.volume.v1.copy.any.cli", "{}")).body).toBe("done");
    expect((await request(cli, "reeve.call.volume.v1.rescan.any.cli", '{"id":"v"}')).body).toBeNull();
  });

  test("take their metadata from headers, a principal only from a caller that may forward it", async () => {
    const cli = await served();
    const headers = { "Reeve-Idempotency-Key": "k1", "Reeve-Principal": '{"user":"ada","roles":[]}' };
    const refused = await request(cli, "reeve.call.volume.v1.get.any.cli", '{"id":"v"}', headers);
    expect(refused.headers).toMatchObject({ "Nats-Service-Error-Code": "403", "Reeve-Reason": "NOT_PERMITTED" });
    expect(refused.body).toMatchObject({ outcome: "not-executed", data: { operation: "get", caller: "cli" } });
    const itself = { ...headers, "Reeve-Principal": '{"user":"cli","roles":[]}' };
    expect((await request(cli, "reeve.call.volume.v1.get.any.cli", '{"id":"v"}', itself)).body).toEqual({
      id: "v",
      by: "cli",
      key: "k1",
    });
    const gateway = await house.raw("gateway");
    const asked = await request(gateway, "reeve.call.volume.v1.get.any.gateway", '{"id":"v"}', {
      "Reeve-Principal": headers["Reeve-Principal"],
    });
    expect(asked.body).toMatchObject({ by: "ada" });
  });

  test.each([
    ["a declared error", "refuse", '{"id":"v"}', {}, { code: "400", reason: "NO_ROOM", data: { freeGiB: 1 } }],
    ["bad input", "get", "{}", {}, { code: "400", reason: "INVALID_INPUT" }],
    ["an unknown operation", "nothing", "{}", {}, { code: "501", reason: "UNKNOWN_OPERATION" }],
    ["half a text", "get", '{"id"', {}, { code: "400", reason: "MALFORMED_FRAME" }],
    ["a deadline", "slow", "{}", { "Reeve-Timeout": "50" }, { code: "504", reason: "DEADLINE_EXCEEDED" }],
    ["a malformed time-out", "slow", "{}", { "Reeve-Timeout": "soon" }, { code: "400", reason: "INVALID_OPTION" }],
    [
      "a malformed principal",
      "get",
      '{"id":"v"}',
      { "Reeve-Principal": "{" },
      { code: "400", reason: "MALFORMED_FRAME" },
    ],
  ])("answer %s as a NATS service does", async (_, operation, text, given, { code, reason, ...rest }) => {
    const cli = await served();
    const { body, headers } = await request(cli, `reeve.call.volume.v1.${operation}.any.cli`, text, given);
    expect(headers).toMatchObject({ "Nats-Service-Error-Code": code, "Reeve-Reason": reason });
    expect(headers["Nats-Service-Error"]).toEqual(expect.any(String));
    expect(body).toMatchObject({ reason, ...rest });
    expect(JSON.stringify(body)).not.toMatch(/ at .*\.ts/);
  });

  test("are not answered to a subject that is no inbox", async () => {
    const cli = await served();
    let hijacked = 0;
    cli.subscribe("reeve.call.admin.>", () => {
      hijacked++;
    });
    const reply = "reeve.call.admin.v1.delete.any.server";
    cli.publish("reeve.call.volume.v1.get.any.cli", new TextEncoder().encode('{"id":"v"}'), { reply });
    cli.publish("reeve.call.volume.v1.get.any.cli", Uint8Array.of(1, 0x91, 0x91, 1), { reply });
    await request(cli, "reeve.call.volume.v1.get.any.cli", '{"id":"v"}');
    expect(hijacked).toBe(0);
  });

  /** A server that counts what it runs, and a client that sends what a test says. */
  async function counting(options: HostOptions = {}) {
    const server = await house.host("server", options);
    const runs: string[] = [];
    const aborted: string[] = [];
    const ends = new Map<string, () => void>();
    const { endpoint } = await server.serve(volumes, {
      operations: {
        get: ({ id }) => {
          runs.push(id);
          return { id: `${id}, run ${runs.length}`, by: "it" };
        },
        refuse: () => undefined,
        slow: (_, ctx) => {
          runs.push("slow");
          ctx.signal.addEventListener("abort", () => aborted.push("slow"));
          return new Promise<void>((resolve) => ends.set("slow", resolve));
        },
        copy: async function* () {
          yield 1;
          return "x".repeat(100_000);
        },
        rescan: () => undefined,
      },
    });
    const cli = await house.raw("cli");
    const answers: { readonly reply: string; readonly text: string; readonly headers: Record<string, string> }[] = [];
    cli.subscribe("_INBOX.cli.p1.*", ({ subject, data, headers }) => {
      answers.push({ reply: subject, text: new TextDecoder().decode(data), headers: { ...headers } });
    });
    const send = (operation: string, token: string, body: string, headers: Record<string, string> = {}) =>
      cli.publish(`reeve.call.volume.v1.${operation}.any.cli`, new TextEncoder().encode(body), {
        reply: `_INBOX.cli.p1.${token}`,
        headers,
      });
    return { server, runs, aborted, ends, endpoint, cli, answers, send };
  }

  test("a message that comes twice runs once, and is answered twice; another text is another call", async () => {
    const { runs, answers, send } = await counting();
    for (let i = 0; i < 2; i++) send("get", "a", '{"id":"v1"}');
    await expect.poll(() => answers).toHaveLength(2);
    expect(answers[1]).toEqual(answers[0]);
    expect(JSON.parse(answers[0]!.text)).toEqual({ id: "v1, run 1", by: "it" });
    send("get", "a", '{"id":"v2"}');
    send("get", "b", '{"id":"v1"}');
    await expect.poll(() => answers).toHaveLength(4);
    expect(runs).toEqual(["v1", "v2", "v1"]);
  });

  test("a message that comes again while it runs is answered once, and an answer that is too large to keep is not made up", async () => {
    const { runs, answers, send, ends } = await counting();
    for (let i = 0; i < 2; i++) send("slow", "a", "{}");
    await expect.poll(() => ends.has("slow")).toBe(true);
    send("copy", "b", "{}");
    await expect.poll(() => answers).toHaveLength(1);
    send("copy", "b", "{}");
    await expect.poll(() => answers).toHaveLength(2);
    expect(answers[1]!.headers).toMatchObject({ "Reeve-Reason": "LINK_LOST", "Reeve-Outcome": "maybe-executed" });
    ends.get("slow")!();
    await expect.poll(() => answers).toHaveLength(3);
    expect(runs).toEqual(["slow"]);
  });

  test("Reeve-Sent-At: what a message took above the usual is deducted from its time", async () => {
    const clock = new ManualClock();
    const { server, runs, answers, send } = await counting({ clock });
    const headers = { "Reeve-Timeout": "1s", "Reeve-Sent-At": "5000.5" };
    send("get", "a", '{"id":"v1"}', headers);
    await expect.poll(() => answers).toHaveLength(1);
    await pass(clock, 1_500, server.transport);
    // It left when the first one did.
    send("get", "b", '{"id":"v2"}', headers);
    await expect.poll(() => answers).toHaveLength(2);
    expect(answers[1]!.headers).toMatchObject({ "Reeve-Reason": "DEADLINE_EXCEEDED", "Reeve-Outcome": "not-executed" });
    expect(runs).toEqual(["v1"]);
  });

  test("Reeve-Heartbeats: a caller that stops listening there for 10 s is gone; to the reply subject nothing goes but the answer", async () => {
    const clock = new ManualClock();
    const { server, aborted, answers, send, cli, ends, endpoint } = await counting({ clock });
    let heard = 0;
    const heartbeats = cli.subscribe("_INBOX.cli.alive", ({ data }) => {
      expect(data).toHaveLength(0);
      heard++;
    });
    await cli.flush();
    send("slow", "a", "{}", { "Reeve-Heartbeats": "_INBOX.cli.alive" });
    await expect.poll(() => ends.has("slow")).toBe(true);
    await pass(clock, 20_000, server.transport, cli);
    await expect.poll(() => heard).toBeGreaterThanOrEqual(9);
    expect(aborted).toEqual([]);
    heartbeats.unsubscribe();
    await cli.flush();
    await pass(clock, 10_000, server.transport);
    expect(aborted).toEqual([]);
    await pass(clock, 4_000, server.transport);
    expect(aborted).toEqual(["slow"]);
    expect(endpoint.inFlight).toBe(0);
    expect(answers).toEqual([]);
  });

  test.each([
    ["Reeve-Sent-At", "noon"],
    ["Reeve-Heartbeats", "reeve.call.admin.v1.delete.any.server"],
    ["Reeve-Heartbeats", "_INBOX.*"],
  ])("a %s of %s is refused", async (header, value) => {
    const { answers, send, runs } = await counting();
    send("get", "a", '{"id":"v1"}', { [header]: value });
    await expect.poll(() => answers).toHaveLength(1);
    expect(answers[0]!.headers).toMatchObject({ "Reeve-Reason": "MALFORMED_FRAME" });
    expect(runs).toEqual([]);
  });
});
