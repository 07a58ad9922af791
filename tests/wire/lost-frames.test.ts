import { call, contract, stream } from "@reeve/contract";
import type { Transport } from "@reeve/runtime/transport";
import { type FaultTransport, faultTransport, ManualClock } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { turns } from "../kit/turn.ts";
import { transports, useHouse } from "./broker.ts";
import { pass } from "./passing.ts";

const work = contract("work", "1.0", {
  run: call({ input: z.object({}), timeout: "20s" }),
  save: call({ input: z.object({ key: z.string() }), output: z.string(), dedupe: "store", timeout: "20s" }),
  steps: stream({ input: z.object({ count: z.number() }), progress: z.number(), output: z.string(), timeout: "20s" }),
});

/** A transport whose beats for callers go where a test says. */
function withBeats(inner: Transport, subjectOf: (subject: string) => string): Transport {
  const publish: Transport["publish"] = (subject, data, options) =>
    inner.publish(subject.endsWith(".heartbeat") ? subjectOf(subject) : subject, data, options);
  return new Proxy(inner, {
    get(target, name) {
      if (name === "publish") return publish;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe.each(transports)("frames that a link took with it, %s", (name) => {
  const house = useHouse(name);

  async function open() {
    const clock = new ManualClock();
    const sent: number[] = [];
    const runs: string[] = [];
    const ends: (() => void)[] = [];
    const beats = { astray: false };
    const server = await house.host("server", {
      clock,
      wrap: (inner) => withBeats(inner, (subject) => (beats.astray ? `${subject}.of.nobody` : subject)),
    });
    const serving = await server.serve(work, {
      operations: {
        run: () => new Promise<void>(() => {}),
        save: ({ key }: { key: string }) => {
          const nth = runs.push(key);
          return new Promise<string>((resolve) => ends.push(() => resolve(`${key}, run ${nth}`)));
        },
        steps: async function* ({ count }: { count: number }) {
          for (let step = 0; step < count; step++) {
            sent.push(step);
            yield step;
          }
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
    return { sent, runs, ends, beats, server, serving, faults, worker: client.ref(work), clock };
  }

  async function breakLink(faults: FaultTransport): Promise<void> {
    faults.cut();
    await turns();
    faults.heal();
  }

  test("a stream whose steps were all on the way goes on", async () => {
    const { worker, faults, sent } = await open();
    const lost = faults.drop({ direction: "in" });
    const stream = worker.steps({ count: 60 });
    await expect.poll(() => sent).toHaveLength(16);
    lost.stop();
    await breakLink(faults);
    const got: number[] = [];
    const missed: number[] = [];
    for await (const step of stream) {
      got.push(step);
      missed.push(stream.missed);
    }
    expect(await stream.result).toBe("done");
    expect(sent).toHaveLength(60);
    expect(missed).toEqual([60 - got.length, ...got.slice(1).map(() => 0)]);
    expect(got).toEqual(sent.slice(-got.length));
    expect(got.length).toBeGreaterThanOrEqual(44);
  });

  test("a stream whose reader had made room that the callee did not hear of goes on", async () => {
    const { worker, faults, sent } = await open();
    const stream = worker.steps({ count: 60 });
    const reader = stream[Symbol.asyncIterator]();
    await expect.poll(() => sent.length).toBeGreaterThanOrEqual(16);
    const got: number[] = [];
    const lost = faults.drop({ direction: "out" });
    // As far as the callee goes while nobody can tell it of more room.
    for (let quiet = 0; quiet < 10; quiet++) {
      for (; got.length < sent.length; quiet = 0) got.push((await reader.next()).value as number);
      await turns();
    }
    lost.stop();
    expect(sent.length).toBeLessThan(60);
    await breakLink(faults);
    for (let step = await reader.next(); !step.done; step = await reader.next()) got.push(step.value);
    expect(got).toEqual(Array.from({ length: 60 }, (_, step) => step));
    expect(stream.missed).toBe(0);
    expect(await stream.result).toBe("done");
  });

  test("steps that were lost before the answer came are told as missing at the end", async () => {
    const { worker, faults, sent } = await open();
    const lost = faults.drop({ direction: "in" });
    const stream = worker.steps({ count: 10 });
    await expect.poll(() => sent).toHaveLength(10);
    await turns();
    lost.stop();
    await breakLink(faults);
    const got: number[] = [];
    for await (const step of stream) got.push(step);
    expect(got).toEqual([]);
    expect(stream.missed).toBe(10);
    expect(await stream.result).toBe("done");
  });

  test("a call that was given up while nobody could be told ends at its callee when that tells of it", async () => {
    const { worker, faults, serving, clock } = await open();
    const stream = worker.steps({ count: 1_000 });
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    const lost = faults.drop({ direction: "out" });
    await reader.return?.();
    await stream.result.catch(() => undefined);
    await turns();
    lost.stop();
    expect(serving.endpoint.inFlight).toBe(1);
    await clock.advance(1_000);
    await expect.poll(() => serving.endpoint.inFlight).toBe(0);
    expect(serving.service.mailbox.inFlight).toBe(0);
  });

  test("a call that was cancelled while its caller's link was away ends at its callee when that tells of it", async () => {
    const { worker, faults, serving, clock } = await open();
    const controller = new AbortController();
    const run = worker.run({}, { signal: controller.signal }).catch((error: unknown) => error);
    await expect.poll(() => serving.endpoint.inFlight).toBe(1);
    faults.cut();
    await turns();
    controller.abort();
    expect(await run).toMatchObject({ reason: "CANCELLED", outcome: "maybe-executed" });
    faults.heal();
    await clock.advance(1_000);
    await expect.poll(() => serving.endpoint.inFlight).toBe(0);
  });

  test("a call of a callee that was taken for gone, and is not, ends there when that tells of it", async () => {
    const { worker, serving, clock } = await open();
    const run = worker.run({}).catch((error: unknown) => error);
    await expect.poll(() => serving.endpoint.inFlight).toBe(1);
    serving.vanish();
    expect(await run).toMatchObject({ reason: "PEER_LOST", outcome: "maybe-executed" });
    await clock.advance(1_000);
    await expect.poll(() => serving.endpoint.inFlight).toBe(0);
  });

  test("what a key keeps from running twice is answered though its callee had taken its caller for gone", async () => {
    const { worker, faults, server, serving, clock, runs, ends, beats } = await open();
    const saved = worker.save({ key: "a" });
    await expect.poll(() => runs).toHaveLength(1);
    faults.cut();
    beats.astray = true;
    await pass(clock, 12_000, server.transport);
    expect(serving.endpoint.inFlight).toBe(0);
    faults.heal();
    await expect.poll(() => serving.endpoint.inFlight).toBe(1);
    ends[0]!();
    expect(await saved).toBe("a, run 1");
    expect(runs).toEqual(["a"]);
    expect(serving.endpoint.inFlight).toBe(0);
  });
});
