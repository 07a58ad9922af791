import { call, contract, type ReasonError, stream } from "@reeve/contract";
import { type FaultTransport, faultTransport, natsServer } from "@reeve/testing";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";
import { natsBroker, transports, useHouse } from "./broker.ts";

const Key = z.object({ key: z.string() });
const work = contract("work", "1.0", {
  run: call({ input: Key, output: z.string(), timeout: "20s" }),
  read: call({ input: Key, output: z.string(), idempotent: true, timeout: "20s" }),
  forget: call({ input: Key, timeout: "20s" }),
  copy: stream({ input: z.object({ steps: z.number() }), progress: z.number(), output: z.string(), timeout: "20s" }),
});

/** How often each key was run. */
class Ledger {
  readonly #runs = new Map<string, number>();

  readonly run = ({ key }: { key: string }): string => {
    this.#runs.set(key, (this.#runs.get(key) ?? 0) + 1);
    return `${key}:${this.#runs.get(key)}`;
  };

  get keys(): number {
    return this.#runs.size;
  }

  /** The keys that ran more than once: what must be none. */
  get duplicates(): string[] {
    return [...this.#runs].filter(([, runs]) => runs > 1).map(([key]) => key);
  }
}

const keys = (count: number) => Array.from({ length: count }, (_, i) => ({ key: `k${i}` }));

describe.each(transports)("calls over a bad network, %s", (name) => {
  const house = useHouse(name);

  async function faulty() {
    const ledger = new Ledger();
    const server = await house.host("server");
    await server.serve(work, {
      operations: {
        run: ledger.run,
        read: ledger.run,
        copy: async function* ({ steps }: { steps: number }) {
          for (let step = 0; step < steps; step++) yield step;
          return "done";
        },
      },
    });
    let faults!: FaultTransport;
    const client = await house.host("client", {
      wrap: (inner) => {
        faults = faultTransport(inner, { print: () => {} });
        return faults;
      },
    });
    return { ledger, faults, client, worker: client.ref(work) };
  }

  test("delivered twice and out of order, every call runs once", async () => {
    const { ledger, faults, worker } = await faulty();
    faults.duplicate({ copies: 2 });
    faults.reorder(30);
    const answers = await Promise.all(keys(300).map(({ key }) => worker.run({ key })));
    expect(answers).toEqual(keys(300).map(({ key }) => `${key}:1`));
    expect(ledger.keys).toBe(300);
    expect(ledger.duplicates).toEqual([]);
  });

  test("the checker finds duplicates where nothing keeps them out", async () => {
    const { ledger, faults, worker } = await faulty();
    faults.duplicate({ copies: 2, direction: "out" });
    // Its author says that twice is harmless, so nobody remembers it.
    await Promise.all(keys(50).map(({ key }) => worker.read({ key })));
    await expect.poll(() => ledger.duplicates.length).toBeGreaterThan(0);
  });

  test("with answers lost one way, a repeated key gets the first run's answer", async () => {
    const { ledger, faults, worker } = await faulty();
    const lost = faults.drop({ direction: "in", subject: "_INBOX.>" });
    const first = await Promise.allSettled(
      keys(40).map(({ key }) => worker.run({ key }, { idempotencyKey: key, timeout: 400 })),
    );
    expect(first.every(({ status }) => status === "rejected")).toBe(true);
    for (const result of first)
      expect((result as PromiseRejectedResult).reason).toMatchObject({ outcome: "maybe-executed" });
    lost.stop();
    const second = await Promise.all(keys(40).map(({ key }) => worker.run({ key }, { idempotencyKey: key })));
    expect(second).toEqual(keys(40).map(({ key }) => `${key}:1`));
    expect(ledger.duplicates).toEqual([]);
  });

  test("a stream's steps stay in order when the network mixes and repeats them", async () => {
    const { faults, worker } = await faulty();
    faults.duplicate({ copies: 1, direction: "in", subject: "_INBOX.>" });
    faults.reorder(20, { direction: "in", subject: "_INBOX.>" });
    const copying = worker.copy({ steps: 60 });
    const steps: number[] = [];
    for await (const step of copying) steps.push(step);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(new Set(steps).size).toBe(steps.length);
    expect(await copying.result).toBe("done");
  });

  test("calls made while the link is down wait for it, and are told never-sent when their time passes first", async () => {
    const { ledger, faults, worker } = await faulty();
    faults.cut();
    const patient = keys(100).map(({ key }) => worker.run({ key }));
    const hasty = failure(worker.run({ key: "hasty" }, { timeout: 30 }));
    const cancelled = new AbortController();
    const left = failure(worker.run({ key: "left" }, { signal: cancelled.signal }));
    await new Promise((resolve) => setImmediate(resolve));
    cancelled.abort();
    expect(await left).toMatchObject({ reason: "CANCELLED", outcome: "never-sent" });
    const { linkDownSince } = ((await hasty) as ReasonError<"DEADLINE_EXCEEDED">).data ?? {};
    expect(await hasty).toMatchObject({
      reason: "DEADLINE_EXCEEDED",
      outcome: "never-sent",
      message: expect.stringContaining(`the link to the broker has been down since ${linkDownSince}`),
    });
    expect(Date.parse(linkDownSince!)).toBeLessThanOrEqual(Date.now());
    faults.heal();
    expect(await Promise.all(patient)).toHaveLength(100);
    expect(ledger.keys).toBe(100);
  });

  test("no more calls wait for a link than fit, and the rest is told so", async () => {
    const { faults, worker } = await faulty();
    faults.cut();
    const calls = Array.from({ length: 10_100 }, (_, i) => worker.run({ key: `k${i}` }, { timeout: "1s" }));
    const reasons = await Promise.all(calls.map(async (one) => (await failure(one)).reason));
    expect(reasons.filter((reason) => reason === "LINK_LOST")).toHaveLength(100);
    expect(reasons.filter((reason) => reason === "DEADLINE_EXCEEDED")).toHaveLength(10_000);
  });

  test("a call that ends while it waits for the link makes room for another", async () => {
    const { ledger, faults, worker } = await faulty();
    faults.cut();
    // Sixteen of these fit.
    const large = (name: string) => ({ key: name.padEnd(1_000_000) });
    const reader = new AbortController();
    const cancelled = failure(worker.run(large("cancelled"), { signal: reader.signal }));
    const expired = failure(worker.run(large("expired"), { timeout: 200 }));
    const waiting = [..."abcdefghijklmn"].map((name) => worker.run(large(name)));
    const refused = failure(worker.run(large("one too many")));
    expect(await refused).toMatchObject({ reason: "LINK_LOST", outcome: "never-sent", retryable: true });
    reader.abort();
    expect(await cancelled).toMatchObject({ reason: "CANCELLED" });
    expect(await expired).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
    waiting.push(worker.run(large("o")), worker.run(large("p")));
    expect(await failure(worker.run(large("again one too many")))).toMatchObject({ reason: "LINK_LOST" });
    faults.heal();
    expect(await Promise.all(waiting)).toHaveLength(16);
    expect(ledger.keys).toBe(16);
  });

  test("handlers that throw, reject or never settle harm no other call", async () => {
    const server = await house.host("server");
    let calls = 0;
    await server.serve(work, {
      operations: {
        forget: () => {
          calls++;
          if (calls % 3 === 0) throw new Error("at once");
          return calls % 3 === 1 ? Promise.reject(new Error("later")) : new Promise(() => {});
        },
        run: ({ key }) => key,
      },
    });
    const worker = (await house.host("client")).ref(work);
    const bad = keys(30).map(({ key }) => failure(worker.forget({ key }, { timeout: 300 })));
    expect(await Promise.all(keys(30).map(({ key }) => worker.run({ key })))).toHaveLength(30);
    const reasons = (await Promise.all(bad)).map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason === "UNDECLARED")).toHaveLength(20);
    expect(reasons.filter((reason) => reason === "DEADLINE_EXCEEDED")).toHaveLength(10);
  });
});

describe("calls through a broker that stops and dies", () => {
  let server!: Awaited<ReturnType<typeof natsServer>>;
  const house = useHouse("nats", async () => {
    server = await natsServer();
    return natsBroker(server);
  });

  test("what a paused broker delivers late has expired, and does not run", async () => {
    const late: string[] = [];
    let paused = false;
    const host = await house.host("server");
    const run = ({ key }: { key: string }) => {
      if (paused) late.push(key);
      return key;
    };
    await host.serve(work, { operations: { run } });
    // Patient with a silent broker: the link must outlive the pause for late messages to exist.
    const client = await house.host("client");
    const worker = client.ref(work);
    await Promise.all(keys(20).map(({ key }) => worker.run({ key })));
    await server.pause();
    paused = true;
    const calls = keys(50).map(({ key }) => failure(worker.run({ key }, { timeout: 300 })));
    for (const error of await Promise.all(calls)) expect(error.outcome).not.toBe("executed");
    server.resume();
    await vi.waitFor(
      async () => expect(await worker.read({ key: "x" }).catch((error) => error.reason)).toBe("UNDECLARED"),
      {
        timeout: 15_000,
      },
    );
    expect(late).toEqual([]);
  });

  test("killed under load and back: every call ends, and each end is explained", async () => {
    const ledger = new Ledger();
    const host = await house.host("server");
    await host.serve(work, { operations: { run: ledger.run, read: ledger.run } });
    const client = await house.host("client");
    const worker = client.ref(work);
    const outcomes: string[] = [];
    let stopped = false;
    const load = Array.from({ length: 8 }, async (_, lane) => {
      for (let i = 0; !stopped; i++) {
        outcomes.push(
          await worker.run({ key: `${lane}-${i}` }).then(
            () => "ok",
            (error) => error.outcome,
          ),
        );
      }
    });
    await vi.waitFor(() => expect(outcomes.length).toBeGreaterThan(200), { timeout: 10_000 });
    await server.kill();
    await server.restart();
    const before = outcomes.length;
    await vi.waitFor(() => expect(outcomes.length).toBeGreaterThan(before + 200), { timeout: 15_000 });
    stopped = true;
    await Promise.all(load);
    expect(outcomes.filter((outcome) => !["ok", "maybe-executed"].includes(outcome))).toEqual([]);
    expect(outcomes.filter((outcome) => outcome === "maybe-executed").length).toBeLessThanOrEqual(8);
    expect(ledger.duplicates).toEqual([]);
    expect(client.remoteClient.outstanding).toBe(0);
  });
});
