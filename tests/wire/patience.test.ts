import { call, contract, stream } from "@reeve/contract";
import { nats } from "@reeve/nats";
import type { Transport } from "@reeve/runtime/transport";
import {
  type FaultTransport,
  faultTransport,
  ManualClock,
  type NatsServer,
  natsServer,
  tcpProxy,
} from "@reeve/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";
import { natsBroker, transports, useHouse } from "./broker.ts";
import { Host, type HostOptions } from "./host.ts";
import { pass, redirected, settle } from "./passing.ts";

const Key = z.object({ key: z.string() });
const output = z.string();
const timeout = "10m";
const volumes = contract("volume", "1.0", {
  extend: call({ input: Key, output, timeout }),
  snapshot: call({ input: Key, output, timeout }),
  clone: call({ input: Key, output, timeout }),
  delete: call({ input: Key, output, timeout }),
  read: call({ input: Key, output, idempotent: true, timeout }),
  save: call({ input: Key, output, dedupe: "store", timeout }),
  copy: stream({ input: Key, progress: z.number(), output, timeout }),
});
const plain = ["extend", "snapshot", "clone", "delete"] as const;

/** Work that ends when a test says so. */
function workshop() {
  const runs: string[] = [];
  const ends = new Map<string, () => void>();
  const aborted: string[] = [];
  const run = ({ key }: { key: string }, ctx: any) => {
    runs.push(key);
    ctx.signal.addEventListener("abort", () => aborted.push(key));
    return new Promise<string>((resolve) => ends.set(key, () => resolve(`${key} done`)));
  };
  const operations = {
    extend: run,
    snapshot: run,
    clone: run,
    delete: run,
    read: run,
    save: run,
    copy: async function* ({ key }: { key: string }, ctx: any) {
      yield 1;
      const done = await run({ key }, ctx);
      for (let step = 2; step <= 40; step++) yield step;
      return done;
    },
  };
  return { runs, aborted, operations, end: (key: string) => ends.get(key)!() };
}

describe.each(transports)("a call has as long as its deadline, %s", (name) => {
  const house = useHouse(name);

  async function open({ clock = new ManualClock(), ...limits }: HostOptions & { maxInFlight?: number } = {}) {
    const manual = clock as ManualClock;
    const shop = workshop();
    const astray = { beats: false, asks: false };
    const links: FaultTransport[] = [];
    const raw: Transport[] = [];
    const faulty = (inner: Transport) => {
      raw.push(inner);
      links.push(faultTransport(inner, { print: () => {} }));
      return links.at(-1)!;
    };
    const server = await house.host("server", {
      clock,
      wrap: (inner) =>
        redirected(faulty(inner), (to) => (astray.beats && to.endsWith(".heartbeat") ? `${to}.of.nobody` : to)),
    });
    const serving = await server.serve(volumes, { operations: shop.operations }, limits);
    const client = await house.host("client", {
      clock,
      wrap: (inner) => redirected(faulty(inner), (to) => (astray.asks ? to.replace(".server.", ".nobody.") : to)),
    });
    const [serverLink, clientLink] = links as [FaultTransport, FaultTransport];
    return {
      ...shop,
      ...{ clock: manual, astray, server, serving, client, serverLink, clientLink },
      volume: client.ref(volumes),
      begun: (count: number) => expect.poll(() => shop.runs).toHaveLength(count),
      passes: (ms: number) => pass(manual, ms, ...raw, ...links),
      settled: () => settle(...raw, ...links),
      /** The broker forgets the caller while its link is away. */
      leave() {
        clientLink.cut();
        astray.beats = true;
      },
      comeBack() {
        astray.beats = false;
        clientLink.heal();
      },
    };
  }

  test("a caller's link that is away for 3 s of 8 costs no call and no stream", async () => {
    const { volume, begun, end, passes, leave, comeBack, runs, aborted } = await open();
    const answers = plain.map((operation) => volume[operation]({ key: operation }));
    const copying = volume.copy({ key: "copy" });
    const steps = (async () => {
      const read: number[] = [];
      for await (const step of copying) read.push(step);
      return read;
    })();
    await begun(5);
    await passes(3_000);
    leave();
    await passes(3_000);
    comeBack();
    await passes(2_000);
    for (const key of [...plain, "copy"]) end(key);
    expect(await Promise.all(answers)).toEqual(plain.map((key) => `${key} done`));
    expect(await copying.result).toBe("copy done");
    expect((await steps).at(-1)).toBe(40);
    expect(aborted).toEqual([]);
    expect(runs).toHaveLength(5);
  });

  test.each([6_000, 15_000, 40_000])(
    "both links away for %i ms: every call in flight is answered once they are back",
    async (ms) => {
      const { volume, begun, end, passes, serverLink, clientLink, astray, runs, aborted, client } = await open();
      const keys = [..."abcdefghi"];
      const answers = keys.map((key) => volume.extend({ key }));
      await begun(9);
      serverLink.cut();
      clientLink.cut();
      await passes(ms / 2);
      // Some end while nobody can be told.
      for (const key of keys.slice(0, 5)) end(key);
      await passes(ms / 2);
      // The callee is back first, and does not find its caller.
      astray.beats = true;
      serverLink.heal();
      await passes(8_000);
      astray.beats = false;
      clientLink.heal();
      await passes(2_000);
      for (const key of keys.slice(5)) end(key);
      expect(await Promise.all(answers)).toEqual(keys.map((key) => `${key} done`));
      expect(runs).toEqual(keys);
      expect(aborted).toEqual([]);
      expect(client.remoteClient.outstanding).toBe(0);
    },
  );

  test("a callee that is back 8 s after its caller is found again", async () => {
    const { volume, begun, end, passes, serverLink, clientLink, astray, runs } = await open();
    const answers = [volume.extend({ key: "a" }), volume.save({ key: "b" }), volume.read({ key: "c" })];
    await begun(3);
    serverLink.cut();
    clientLink.cut();
    await passes(12_000);
    astray.asks = true;
    clientLink.heal();
    await passes(8_000);
    serverLink.heal();
    astray.asks = false;
    await passes(2_000);
    for (const key of "abc") end(key);
    expect(await Promise.all(answers)).toEqual(["a done", "b done", "c done"]);
    expect(runs).toEqual(["a", "b", "c"]);
  });

  test("a callee that ends while it is asked in vain is lost, and what it may have run is told", async () => {
    const { volume, begun, passes, clientLink, astray, serving, client } = await open();
    const extend = failure(volume.extend({ key: "a" }));
    await begun(1);
    clientLink.cut();
    await passes(1_000);
    astray.asks = true;
    clientLink.heal();
    await passes(9_000);
    expect(client.remoteClient.outstanding).toBe(1);
    serving.vanish();
    expect(await extend).toMatchObject({ reason: "PEER_LOST", outcome: "maybe-executed", address: "server" });
    await passes(2_000);
    expect(client.remoteClient.outstanding).toBe(0);
  });

  test("an answer that took twenty minutes is there for a caller whose link broke when it came", async () => {
    const { volume, begun, end, passes, clock, clientLink } = await open();
    const cloning = volume.clone({ key: "a" }, { timeout: "1h" });
    await begun(1);
    // Another caller keeps the callee busy, and with that looking for who is idle.
    const other = await house.host("other", { clock });
    void other
      .ref(volumes)
      .extend({ key: "b" }, { timeout: "1h" })
      .catch(() => undefined);
    await begun(2);
    await passes(2_000);
    clientLink.cut();
    await clock.advance(1_198_000);
    end("a");
    await passes(10_000);
    clientLink.heal();
    await passes(1_000);
    expect(await cloning).toBe("a done");
  });

  test("the deadline ends what waits for a link that does not come back", async () => {
    const { volume, begun, passes, clientLink, client } = await open();
    const extend = failure(volume.extend({ key: "a" }, { timeout: "20s" }));
    await begun(1);
    clientLink.cut();
    await passes(19_000);
    expect(client.remoteClient.outstanding).toBe(1);
    await passes(1_000);
    expect(await extend).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "maybe-executed" });
    expect(client.remoteClient.outstanding).toBe(0);
  });

  test("a link that breaks under more calls than may wait for one ends none of them", async () => {
    const { volume, begun, settled, passes, clientLink, runs, end } = await open({ maxInFlight: 11_000 });
    const keys = Array.from({ length: 10_500 }, (_, key) => `${key}`);
    const settling = Promise.allSettled(keys.map((key) => volume.extend({ key })));
    await begun(10_500);
    clientLink.cut();
    await settled();
    for (const key of keys) end(key);
    await settled();
    clientLink.heal();
    // And once more before anything has been sent again.
    clientLink.cut();
    await settled();
    clientLink.heal();
    await passes(1_000);
    await settled();
    const told = await settling;
    // What the callee remembers is bounded: 8,192 answers at least.
    expect(told.filter(({ status }) => status === "fulfilled").length).toBeGreaterThanOrEqual(8_192);
    for (const one of told) if (one.status === "rejected") expect(one.reason.message).toContain("is not remembered");
    expect(runs).toHaveLength(10_500);
  });

  test("a call that was cancelled while its caller's link was away ends at its callee once it is back", async () => {
    const { volume, begun, passes, leave, comeBack, aborted } = await open();
    const controller = new AbortController();
    const extend = failure(volume.extend({ key: "a" }, { signal: controller.signal }));
    await begun(1);
    leave();
    await passes(5_000);
    controller.abort();
    expect(await extend).toMatchObject({ reason: "CANCELLED", outcome: "maybe-executed" });
    expect(aborted).toEqual([]);
    comeBack();
    await passes(3_000);
    expect(aborted).toEqual(["a"]);
  });
});

describe.each(transports)("who is gone, %s", (name) => {
  const house = useHouse(name);

  /** A callee, and a caller that a test makes unreachable. */
  async function open() {
    const clock = new ManualClock();
    const shop = workshop();
    const astray = { beats: false };
    let faults!: FaultTransport;
    const server = await house.host("server", {
      clock,
      wrap: (inner) => {
        faults = faultTransport(inner, { print: () => {} });
        return redirected(faults, (to) => (astray.beats && to.endsWith(".heartbeat") ? `${to}.of.nobody` : to));
      },
    });
    const serving = await server.serve(volumes, { operations: shop.operations });
    const client = await house.host("client", { clock });
    const volume = client.ref(volumes);
    const extending = volume.extend({ key: "a" }).catch((error: unknown) => error);
    await expect.poll(() => shop.runs).toHaveLength(1);
    const passes = (ms: number) => pass(clock, ms, faults);
    return { ...shop, clock, astray, faults, serving, client, volume, extending, passes };
  }

  test("a caller that nobody listens for is gone after 10 s of that, and not before", async () => {
    const { astray, passes, aborted, serving } = await open();
    astray.beats = true;
    // The first heartbeat comes after 1 s.
    await passes(10_000);
    expect(aborted).toEqual([]);
    await passes(2_000);
    expect(aborted).toEqual(["a"]);
    expect(serving.endpoint.inFlight).toBe(0);
  });

  test("a caller that was reached in between is not gone", async () => {
    const { astray, passes, aborted, extending, end } = await open();
    for (let time = 0; time < 4; time++) {
      astray.beats = true;
      await passes(8_000);
      astray.beats = false;
      await passes(2_000);
    }
    expect(aborted).toEqual([]);
    end("a");
    expect(await extending).toBe("a done");
  });

  test("a caller that was heard of in between is not gone", async () => {
    const { astray, passes, aborted, volume, runs } = await open();
    astray.beats = true;
    await passes(8_000);
    void volume.extend({ key: "b" }).catch(() => undefined);
    await expect.poll(() => runs).toHaveLength(2);
    await passes(8_000);
    expect(aborted).toEqual([]);
    await passes(5_000);
    expect(aborted.toSorted()).toEqual(["a", "b"]);
  });

  test.each([0, 30_000])("notices from before the callee's own link broke for %i ms count for nothing", async (ms) => {
    const { astray, passes, aborted, faults } = await open();
    astray.beats = true;
    await passes(9_000);
    faults.cut();
    await passes(ms);
    expect(aborted).toEqual([]);
    faults.heal();
    await passes(9_000);
    expect(aborted).toEqual([]);
    await passes(3_000);
    expect(aborted).toEqual(["a"]);
  });

  test("a callee that stood still itself gives its callers their time", async () => {
    const { astray, passes, aborted, clock, faults } = await open();
    astray.beats = true;
    await passes(3_000);
    // A process that is stopped: time goes by, and no timer fires meanwhile.
    vi.spyOn(clock, "now").mockImplementation(() => ManualClock.prototype.now.call(clock) + 60_000);
    await passes(8_000);
    expect(aborted).toEqual([]);
    await passes(4_000);
    expect(aborted).toEqual(["a"]);
    expect(faults.connected).toBe(true);
  });

  test("no heartbeat is tried while there is no link", async () => {
    const { passes, faults, client, serving } = await open();
    const publish = vi.spyOn(faults, "publish");
    faults.cut();
    await passes(5_000);
    expect(publish).not.toHaveBeenCalled();
    expect(serving.endpoint.inFlight).toBe(1);
    expect(client.remoteClient.outstanding).toBe(1);
  });
});

describe("a link that breaks, over a real connection", () => {
  let server!: NatsServer;
  const house = useHouse("nats", async () => {
    server = await natsServer();
    return natsBroker(server);
  });

  /** A callee that tells how often nobody listened for its heartbeats, and a caller behind a proxy. */
  async function open(pings = {}) {
    const shop = workshop();
    const notices: string[] = [];
    const host = await house.host("server", {
      wrap: (inner) =>
        new Proxy(inner, {
          get(target, name) {
            const value: unknown = Reflect.get(target, name);
            if (name === "subscribe")
              return (to: string, handler: (message: any) => void, options?: object) =>
                inner.subscribe(
                  to,
                  (message) => {
                    if (message.noResponders && message.subject.includes(".heartbeat.notice."))
                      notices.push(message.subject);
                    handler(message);
                  },
                  options,
                );
            return typeof value === "function" ? value.bind(target) : value;
          },
        }),
    });
    await host.serve(volumes, { operations: shop.operations });
    const proxy = await tcpProxy(server.port);
    onTestFinished(() => proxy.close());
    const link = nats({ servers: `nats://127.0.0.1:${proxy.port}`, caller: "client", reconnectWait: "20ms", ...pings });
    link.onAlarm(() => {});
    await link.connect();
    const client = new Host(link, house.roll);
    onTestFinished(async () => {
      client.close();
      await link.close();
    });
    return { ...shop, notices, proxy, link, volume: client.ref(volumes) };
  }

  test("a caller that the broker does not know for two heartbeats is answered when it is back", async () => {
    const { volume, runs, notices, proxy, link, end, aborted } = await open();
    const answers = plain.map((operation) => volume[operation]({ key: operation }));
    const copying = volume.copy({ key: "copy" });
    await expect.poll(() => runs).toHaveLength(5);
    await proxy.cut();
    await expect.poll(() => notices.length).toBeGreaterThanOrEqual(2);
    expect(link.connected).toBe(false);
    end("extend");
    await proxy.heal();
    await expect.poll(() => link.connected).toBe(true);
    for (const key of [...plain, "copy"]) end(key);
    expect(await Promise.all(answers)).toEqual(plain.map((key) => `${key} done`));
    expect(await copying.result).toBe("copy done");
    expect(aborted).toEqual([]);
  });

  test("a half-open connection costs no call that its callee has", async () => {
    const { volume, runs, proxy, link, end } = await open({ pingInterval: "200ms" });
    const extending = volume.extend({ key: "a" });
    await expect.poll(() => runs).toHaveLength(1);
    let losses = 0;
    link.onLink((up) => (up ? undefined : losses++));
    proxy.halfOpen();
    end("a");
    expect(await extending).toBe("a done");
    expect(losses).toBe(1);
    expect(runs).toEqual(["a"]);
  });

  test("nine calls in flight when the broker is killed are answered when it is back", async () => {
    const { volume, runs, end, aborted } = await open();
    const keys = [..."abcdefghi"];
    const answers = keys.map((key) => volume.clone({ key }));
    await expect.poll(() => runs).toHaveLength(9);
    await server.kill();
    for (const key of keys) end(key);
    await server.restart();
    expect(await Promise.all(answers)).toEqual(keys.map((key) => `${key} done`));
    expect(runs).toEqual(keys);
    expect(aborted).toEqual([]);
  });
});
