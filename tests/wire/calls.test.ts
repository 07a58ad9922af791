import { call, cast, contract, isError, stream } from "@reeve/contract";
import type { Transport } from "@reeve/runtime/transport";
import { ManualClock } from "@reeve/testing";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";
import { transports, useHouse } from "./broker.ts";
import { pass } from "./passing.ts";

const Id = z.object({ id: z.string() });

const volumes = contract("volume", "1.2", {
  get: call({ input: Id, output: z.object({ id: z.string(), at: z.date().optional(), by: z.string() }) }),
  resize: call({
    input: z.object({ id: z.string(), sizeGiB: z.number().int() }),
    output: z.object({ sizeGiB: z.number() }),
    errors: { QUOTA_EXCEEDED: z.object({ limitGiB: z.number() }) },
  }),
  slow: call({ input: z.object({ ms: z.number() }), timeout: "60s" }),
  hold: call({ input: Id, lane: ({ id }) => id, timeout: "60s" }),
  owned: call({ route: "owner", input: Id, output: z.string() }),
  build: call({ route: "address", input: Id, output: z.string() }),
  void: call({ input: z.undefined() }),
  blob: call({ input: z.object({ bytes: z.number() }), output: z.string() }),
  copy: stream({
    input: z.object({ steps: z.number() }),
    progress: z.object({ step: z.number() }),
    output: z.string(),
  }),
  rescan: cast({ input: Id }),
  newer: call({ input: Id, since: "1.2" }),
});

const never = () => new Promise<never>(() => {});

describe.each(transports)("calls between processes, %s", (name) => {
  const house = useHouse(name);

  async function pair(operations: Record<string, (input: any, context: any) => unknown>, options = {}) {
    const server = await house.host("server");
    const client = await house.host("client");
    const serving = await server.serve(
      volumes,
      { operations, ...("owner" in options ? (options as object) : {}) },
      options,
    );
    return { server, client, serving, volume: client.ref(volumes) };
  }

  test("are answered, dates as dates and absent as absent", async () => {
    const at = new Date(1_700_000_000_123);
    const { volume } = await pair({
      get: ({ id }, ctx) => ({ id, at, by: `${ctx.peer} ${ctx.principal.user}` }),
      void: (input) => expect(input).toBeUndefined(),
    });
    expect(await volume.get({ id: "v1" })).toEqual({ id: "v1", at, by: "client client" });
    expect(await volume.void(undefined)).toBeUndefined();
  });

  test("a burst in one tick is few messages, and every answer finds its call", async () => {
    const server = await house.host("server");
    await server.serve(volumes, { operations: { get: ({ id }) => ({ id, by: "" }) } });
    let published = 0;
    const wrap = (inner: Transport) => counting(inner, () => published++);
    const client = await house.host("client", { wrap });
    const volume = client.ref(volumes);
    const ids = Array.from({ length: 256 }, (_, i) => `v${i}`);
    const answers = await Promise.all(ids.map((id) => volume.get({ id })));
    expect(answers.map(({ id }) => id)).toEqual(ids);
    expect(published).toBe(256 / 32);
    published = 0;
    for (const id of ids.slice(0, 8)) await volume.get({ id });
    expect(published).toBe(8);
  });

  test("declared errors come typed; the stack and the cause stay at home", async () => {
    const { volume } = await pair({
      resize: (_, ctx) => ctx.fail("QUOTA_EXCEEDED", { limitGiB: 10 }),
      get: () => {
        throw new Error("password in the clear");
      },
    });
    const error = await failure(volume.resize({ id: "v", sizeGiB: 20 }));
    expect(isError(error, volumes, "resize", "QUOTA_EXCEEDED") && error.data.limitGiB).toBe(10);
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", outcome: "executed", address: "server" });
    const undeclared = await failure(volume.get({ id: "v" }));
    expect(undeclared).toMatchObject({ reason: "UNDECLARED", data: { errorId: expect.any(String) } });
    expect(JSON.stringify(undeclared) + undeclared.stack + String(undeclared.cause)).not.toMatch(/password/);
  });

  test("bad input is refused by the callee, and what cannot travel at home", async () => {
    const { volume } = await pair({ get: () => ({ id: "", by: "" }) });
    expect(await failure(volume.get({ id: 1 } as never))).toMatchObject({
      reason: "INVALID_INPUT",
      outcome: "not-executed",
    });
    const circle: Record<string, unknown> = { id: "x" };
    circle.self = circle;
    expect(await failure(volume.get(circle as never))).toMatchObject({
      reason: "INVALID_INPUT",
      outcome: "never-sent",
    });
    // One that cannot travel harms nobody in its message.
    const [bad, good] = await Promise.allSettled([volume.get({ id: Symbol("x") } as never), volume.get({ id: "v" })]);
    expect([bad.status, good.status]).toEqual(["rejected", "fulfilled"]);
  });

  test("too large a request is refused at home, too large an answer is an error of its own", async () => {
    const { volume } = await pair({
      get: () => ({ id: "", by: "" }),
      blob: ({ bytes }) => "x".repeat(bytes),
    });
    expect(await failure(volume.get({ id: "x".repeat(2_000_000) }))).toMatchObject({
      reason: "PAYLOAD_TOO_LARGE",
      outcome: "never-sent",
      data: { limitBytes: 1_048_576 },
    });
    expect(await failure(volume.blob({ bytes: 2_000_000 }))).toMatchObject({
      reason: "PAYLOAD_TOO_LARGE",
      outcome: "executed",
    });
    expect(await volume.blob({ bytes: 900_000 })).toHaveLength(900_000);
  });

  test("with nobody there, a call fails at once even while somebody listens to everything", async () => {
    const tap = await house.raw("tap");
    tap.subscribe(">", () => {});
    const client = await house.host("client");
    const error = await failure(client.ref(volumes).get({ id: "v" }));
    expect(error).toMatchObject({ reason: "NO_RESPONDERS", outcome: "never-sent" });
    expect(client.remoteClient.outstanding).toBe(0);
  });

  test("with a member that is known but not there, the broker's notice tells", async () => {
    const client = await house.host("client");
    house.roll.add(member("ghost"));
    expect(await failure(client.ref(volumes).get({ id: "v" }))).toMatchObject({
      reason: "NO_RESPONDERS",
      outcome: "never-sent",
      address: "ghost",
    });
  });

  test("a call that a member is not there for goes to another", async () => {
    const { client, volume } = await pair({ get: ({ id }) => ({ id, by: "" }) });
    house.roll.add(member("ghost"));
    const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => volume.get({ id: `v${i}` })));
    expect(answers).toHaveLength(6);
    expect(client.remoteClient.outstanding).toBe(0);
  });

  test("a burst for any is spread over the members that serve", async () => {
    const seen: string[] = [];
    for (const address of ["a", "b", "c"]) {
      const server = await house.host(`server-${address}`);
      const get = ({ id }: { id: string }) => {
        seen.push(address);
        return { id, by: address };
      };
      await server.serve(volumes, { operations: { get } }, { address });
    }
    const client = await house.host("client");
    const volume = client.ref(volumes);
    await Promise.all(Array.from({ length: 30 }, () => volume.get({ id: "v" })));
    for (const address of ["a", "b", "c"]) expect(seen.filter((by) => by === address)).toHaveLength(10);
  });

  test("a manager of this process goes first", async () => {
    const { volume, client } = await pair({ get: ({ id }) => ({ id, by: "server" }) });
    await client.serve(volumes, { operations: { get: ({ id }: any) => ({ id, by: "here" }) } }, { address: "here" });
    for (let i = 0; i < 4; i++) expect(await volume.get({ id: "v" })).toMatchObject({ by: "here" });
  });

  test("all() asks everybody and settles by address", async () => {
    for (const address of ["a", "b@ssd"]) {
      const server = await house.host(`server-${address[0]}`);
      const get = ({ id }: { id: string }) => {
        if (address === "a") throw new Error("no");
        return { id, by: address };
      };
      await server.serve(volumes, { operations: { get } }, { address });
    }
    const client = await house.host("client");
    const answers = await client.ref(volumes).all().get({ id: "v" });
    expect(answers).toMatchObject([
      { address: "a", status: "rejected" },
      { address: "b@ssd", status: "fulfilled", value: { by: "b@ssd" } },
    ]);
  });

  test("at() reaches an address, or a member of a cluster", async () => {
    for (const [address, cluster] of [
      ["block-01@ssd", "rack-a"],
      ["any", "rack-b"],
    ] as const) {
      const server = await house.host(`server-${cluster}`);
      await server.serve(volumes, { operations: { build: () => address } }, { address, cluster });
    }
    const volume = (await house.host("client")).ref(volumes);
    expect(await volume.at("block-01@ssd").build({ id: "v" })).toBe("block-01@ssd");
    expect(await volume.at("any").build({ id: "v" })).toBe("any");
    expect(await volume.at("rack-b").build({ id: "v" })).toBe("any");
    expect(await failure(volume.at("rack-z").build({ id: "v" }))).toMatchObject({ reason: "NO_RESPONDERS" });
  });

  test("an owner's calls follow MOVED, and go there directly from then on", async () => {
    const asked: string[] = [];
    for (const address of ["a", "b"]) {
      const server = await house.host(`server-${address}`);
      const behaviour = {
        operations: { owned: () => address },
        owner: () => {
          asked.push(address);
          return "b";
        },
      };
      await server.serve(volumes, behaviour, { address });
    }
    const volume = (await house.host("client")).ref(volumes);
    for (let i = 0; i < 4; i++) expect(await volume.owned({ id: "v" })).toBe("b");
    expect(asked.filter((address) => address === "a").length).toBeLessThanOrEqual(1);
    expect(asked.filter((address) => address === "b")).toHaveLength(4);
  });

  test("a deadline ends the wait as maybe-executed, and the handler's signal aborts", async () => {
    const aborted = vi.fn();
    const { volume, client } = await pair({
      slow: (_, ctx) =>
        new Promise((_resolve, reject) =>
          ctx.signal.addEventListener("abort", () => {
            aborted();
            reject(ctx.signal.reason);
          }),
        ),
    });
    expect(await failure(volume.slow({ ms: 1 }, { timeout: 150 }))).toMatchObject({
      reason: "DEADLINE_EXCEEDED",
      outcome: "maybe-executed",
    });
    await expect.poll(() => aborted).toHaveBeenCalledTimes(1);
    expect(client.remoteClient.outstanding).toBe(0);
  });

  test("a cancel reaches the handler; one in the same tick keeps the call from leaving", async () => {
    const aborted = vi.fn();
    let began = 0;
    const { volume, serving } = await pair({
      slow: (_, ctx) => {
        began++;
        ctx.signal.addEventListener("abort", aborted);
        return never();
      },
      get: ({ id }) => ({ id, by: "" }),
    });
    const running = new AbortController();
    const call = failure(volume.slow({ ms: 1 }, { signal: running.signal }));
    await expect.poll(() => began).toBe(1);
    running.abort("enough");
    expect(await call).toMatchObject({ reason: "CANCELLED", outcome: "maybe-executed" });
    await expect.poll(() => aborted).toHaveBeenCalledTimes(1);
    await expect.poll(() => serving.endpoint.inFlight).toBe(0);
    const early = new AbortController();
    const unsent = failure(volume.slow({ ms: 1 }, { signal: early.signal }));
    early.abort();
    expect(await unsent).toMatchObject({ reason: "CANCELLED", outcome: "never-sent" });
    await volume.get({ id: "v" });
    expect(began).toBe(1);
  });

  test("a full mailbox says so at once", async () => {
    const { volume } = await pair({ slow: never }, { maxInFlight: 1, maxQueued: 1 });
    const calls = Array.from({ length: 3 }, () => failure(volume.slow({ ms: 1 }, { timeout: "1s" })));
    expect(await Promise.race(calls)).toMatchObject({
      reason: "MAILBOX_FULL",
      outcome: "not-executed",
      data: { retryAfterMs: expect.any(Number) },
    });
    await Promise.all(calls);
  });

  test("a cast resolves once it was taken in", async () => {
    const ran = vi.fn();
    const { volume } = await pair({ rescan: ran });
    await volume.rescan({ id: "v" });
    await expect.poll(() => ran).toHaveBeenCalledTimes(1);
    expect(await failure(volume.rescan({ id: 1 } as never))).toMatchObject({ reason: "INVALID_INPUT" });
  });

  test("a stream's steps come in order, all of them before its result", async () => {
    const { volume } = await pair({
      copy: async function* ({ steps }: { steps: number }) {
        for (let step = 0; step < steps; step++) yield { step };
        return "done";
      },
    });
    const copying = volume.copy({ steps: 100 });
    const steps: number[] = [];
    for await (const { step } of copying) steps.push(step);
    expect(steps).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(await copying.result).toBe("done");
    expect(await volume.copy({ steps: 200 }).result).toBe("done");
  });

  test("a slow reader holds the producer back", async () => {
    let produced = 0;
    const { volume } = await pair({
      copy: async function* () {
        for (;;) yield { step: produced++ };
      },
    });
    const copying = volume.copy({ steps: 1 });
    const reader = copying[Symbol.asyncIterator]();
    await reader.next();
    let before = -1;
    await vi.waitFor(
      () => {
        const still = produced === before;
        before = produced;
        expect(still).toBe(true);
      },
      { interval: 100, timeout: 10_000 },
    );
    expect(produced).toBeLessThan(80);
    for (let i = 0; i < 50; i++) await reader.next();
    expect(produced).toBeGreaterThan(50);
    const ended = produced;
    await reader.return?.();
    expect(await failure(copying.result)).toMatchObject({ reason: "CANCELLED" });
    expect(produced).toBeLessThan(ended + 40);
  });

  test("a stream that fails tells its reader", async () => {
    const { volume } = await pair({
      copy: async function* (_: unknown, ctx: any) {
        yield { step: 1 };
        ctx.log.info("about to fail");
        throw new Error("broken");
      },
    });
    const copying = volume.copy({ steps: 1 });
    const steps: unknown[] = [];
    expect(
      await failure(
        (async () => {
          for await (const step of copying) steps.push(step);
        })(),
      ),
    ).toMatchObject({ reason: "UNDECLARED" });
    expect(steps).toEqual([{ step: 1 }]);
  });

  test("repeating a key runs once", async () => {
    let ran = 0;
    const { volume } = await pair({
      resize: ({ sizeGiB }) => {
        ran++;
        return { sizeGiB };
      },
    });
    const options = { idempotencyKey: "k1" };
    await volume.resize({ id: "v", sizeGiB: 1 }, options);
    await volume.resize({ id: "v", sizeGiB: 1 }, options);
    expect(ran).toBe(1);
  });

  test("a chain that comes back passes the mailbox it waits in, and only a true one does", async () => {
    const server = await house.host("server", { trustedForwarders: ["other"] });
    const other = await house.host("other", { trustedForwarders: ["server"] });
    const client = await house.host("client");
    const network = contract("network", "1.0", { plug: call({ input: Id }) });
    const served = await server.serve(
      volumes,
      {
        operations: {
          hold: async ({ id }: any, ctx: any) => ctx.ref(network).plug({ id }),
          get: ({ id }: any) => ({ id, by: "" }),
        },
      },
      { maxInFlight: 1, maxQueued: 10 },
    );
    const plug = async ({ id }: any, ctx: any) => {
      await ctx.ref(volumes).get({ id });
      const error = await failure(ctx.ref(volumes).hold({ id }));
      expect(error.reason).toBe("REENTRANT");
    };
    await other.serve(network, { operations: { plug } });
    await client.ref(volumes).hold({ id: "v1" });
    expect(served.service.mailbox.inFlight).toBe(0);
  });

  test("a principal is believed only from a caller that may forward it, and is refused from others", async () => {
    const server = await house.host("server", { trustedForwarders: ["gateway"] });
    await server.serve(volumes, { operations: { get: ({ id }: any, ctx: any) => ({ id, by: ctx.principal.user }) } });
    const ada = { user: "ada", tenant: "t1", roles: ["admin"] };
    const gateway = await house.host("gateway");
    const stranger = await house.host("stranger");
    expect(await gateway.ref(volumes, ada).get({ id: "v" })).toMatchObject({ by: "ada" });
    expect(await failure(stranger.ref(volumes, ada).get({ id: "v" }))).toMatchObject({
      reason: "NOT_PERMITTED",
      outcome: "not-executed",
      message: `volume/server: get: caller "stranger" may not call on behalf of "ada"; list "stranger" in trustedForwarders of the host that it calls`,
      data: { operation: "get", caller: "stranger" },
    });
    // What the broker says already needs nobody's trust.
    expect(await stranger.ref(volumes, { user: "stranger", roles: [] }).get({ id: "v" })).toMatchObject({
      by: "stranger",
    });
  });

  test("an operation newer than a member is refused before it is sent", async () => {
    const { volume } = await pair({ newer: () => undefined });
    expect(volume.supports("newer")).toBe(true);
    house.roll.add({ ...member("old"), minor: 1 });
    expect(volume.supports("newer")).toBe(false);
    expect(await failure(volume.newer({ id: "v" }))).toMatchObject({
      reason: "UNSUPPORTED_VERSION",
      outcome: "never-sent",
    });
  });

  test("a member that is gone fails what it had as maybe-executed", async () => {
    let began = 0;
    const { volume, serving } = await pair({
      slow: () => {
        began++;
        return never();
      },
    });
    const call = failure(volume.slow({ ms: 1 }));
    await expect.poll(() => began).toBe(1);
    serving.vanish();
    expect(await call).toMatchObject({ reason: "PEER_LOST", outcome: "maybe-executed" });
  });

  test("a closing endpoint answers what it has, and takes no more", async () => {
    let finish = () => {};
    const { server, volume, serving } = await pair({
      slow: () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    });
    const call = volume.slow({ ms: 1 });
    await expect.poll(() => serving.endpoint.inFlight).toBe(1);
    // As a manager drains: what comes by address until the last answer is refused, and nobody calls it for anybody.
    serving.service.mailbox.setMode("closed");
    const closed = serving.endpoint.close();
    await server.transport.flush();
    const refused = await failure(volume.slow({ ms: 1 }));
    expect(["NOT_SERVING", "NO_RESPONDERS"]).toContain(refused.reason);
    expect(["not-executed", "never-sent"]).toContain(refused.outcome);
    finish();
    await call;
    await closed;
    expect(serving.endpoint.inFlight).toBe(0);
  });

  test("callers that leave are noticed: their calls are cancelled", async () => {
    const aborted = vi.fn();
    const clock = new ManualClock();
    const server = await house.host("server", { clock });
    const client = await house.host("client");
    const slow = (_: unknown, ctx: any) => {
      ctx.signal.addEventListener("abort", aborted);
      return never();
    };
    const serving = await server.serve(volumes, { operations: { slow } });
    const call = failure(client.ref(volumes).slow({ ms: 1 }));
    await expect.poll(() => serving.endpoint.inFlight).toBe(1);
    await client.transport.close();
    await pass(clock, 10_000, server.transport);
    expect(aborted).not.toHaveBeenCalled();
    await pass(clock, 4_000, server.transport);
    expect(aborted).toHaveBeenCalledTimes(1);
    client.close();
    expect(await call).toMatchObject({ outcome: "maybe-executed" });
  });
});

function member(address: string) {
  const { name: manager, major, minor } = volumes;
  return { manager, major, minor, address, cluster: undefined, epoch: 1, canServe: true, caller: address };
}

function counting(inner: Transport, count: () => void): Transport {
  return new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name === "publish") {
        return (...args: Parameters<Transport["publish"]>) => {
          count();
          target.publish(...args);
        };
      }
      return value.bind(target);
    },
  });
}
