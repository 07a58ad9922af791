import { contract, stream } from "@reeve/contract";
import { ManualClock } from "@reeve/runtime";
import { type FaultTransport, faultTransport } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { transports, useHouse } from "./broker.ts";

const work = contract("work", "1.0", {
  steps: stream({ input: z.object({ count: z.number() }), progress: z.number(), output: z.string(), timeout: "20s" }),
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe.each(transports)("frames that a link took with it, %s", (name) => {
  const house = useHouse(name);

  async function open(clock = new ManualClock()) {
    const sent: number[] = [];
    const server = await house.host("server", { clock });
    const serving = await server.serve(work, {
      operations: {
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
    return { sent, serving, faults, worker: client.ref(work), clock };
  }

  async function breakLink(faults: FaultTransport): Promise<void> {
    faults.cut();
    await turn();
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
    for await (const step of stream) got.push(step);
    expect(await stream.result).toBe("done");
    expect(sent).toHaveLength(60);
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
      await turn();
    }
    lost.stop();
    expect(sent.length).toBeLessThan(60);
    await breakLink(faults);
    for (let step = await reader.next(); !step.done; step = await reader.next()) got.push(step.value);
    expect(got).toEqual(Array.from({ length: 60 }, (_, step) => step));
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
    await turn();
    lost.stop();
    expect(serving.endpoint.inFlight).toBe(1);
    await clock.advance(1_000);
    await expect.poll(() => serving.endpoint.inFlight).toBe(0);
    expect(serving.service.mailbox.inFlight).toBe(0);
  });
});
