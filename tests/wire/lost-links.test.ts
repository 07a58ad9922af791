import { call, contract, stream } from "@reeve/contract";
import type { Transport } from "@reeve/runtime/transport";
import { type FaultTransport, faultTransport, ManualClock } from "@reeve/testing";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";
import { turns } from "../kit/turn.ts";
import { transports, useHouse } from "./broker.ts";
import type { HostOptions } from "./host.ts";
import { settle } from "./passing.ts";

const Key = z.object({ key: z.string() });
const work = contract("work", "1.0", {
  run: call({ input: Key, output: z.string(), timeout: "20s" }),
  read: call({ input: Key, output: z.string(), idempotent: true, timeout: "20s" }),
  steps: stream({ input: Key, progress: z.number(), output: z.string(), timeout: "20s" }),
});

describe.each(transports)("calls over a link that breaks, %s", (name) => {
  const house = useHouse(name);

  /** A caller whose link a test breaks, and a callee that ends each call when the test says so. */
  async function open(options: HostOptions = {}, delays = new ManualClock()) {
    const runs: string[] = [];
    const ends = new Map<string, () => void>();
    const run = ({ key }: { key: string }) => {
      runs.push(key);
      return new Promise<string>((resolve) => ends.set(key, () => resolve(`${key}, run ${runs.length}`)));
    };
    const server = await house.host("server");
    const serving = await server.serve(work, {
      operations: {
        run,
        read: run,
        steps: async function* ({ key }: { key: string }) {
          yield 1;
          const answer = await run({ key });
          yield 2;
          return answer;
        },
      },
    });
    let faults!: FaultTransport;
    let link!: Transport;
    const client = await house.host("client", {
      ...options,
      wrap: (inner) => {
        link = inner;
        faults = faultTransport(inner, { print: () => {}, clock: delays });
        return faults;
      },
    });
    return {
      runs,
      faults,
      client,
      server,
      serving,
      worker: client.ref(work),
      begun: (key: string) => expect.poll(() => ends.has(key)).toBe(true),
      end: (key: string) => ends.get(key)!(),
      /** What the server has said has come to the client, cut or not. */
      async said() {
        await expect.poll(() => serving.endpoint.inFlight).toBe(0);
        for (const transport of [server.transport, link]) await transport.flush();
      },
    };
  }

  test("what may run twice is sent again in the order in which it was sent", async () => {
    const { worker, faults, runs, begun, end, said } = await open();
    const keys = [..."abcdefgh"];
    const answers: Promise<unknown>[] = [];
    for (const key of keys) {
      answers.push(worker.read({ key }));
      // A message each.
      await begun(key);
    }
    faults.cut();
    for (const key of keys) end(key);
    await said();
    faults.heal();
    await expect.poll(() => runs).toHaveLength(16);
    expect(runs.slice(8)).toEqual(keys);
    for (const key of keys) end(key);
    await Promise.all(answers);
  });

  test("what may run twice joins its run where that goes on", async () => {
    const { worker, faults, runs, begun, end, serving } = await open();
    const answers = [worker.read({ key: "a" }), worker.read({ key: "b" })];
    await begun("b");
    faults.cut();
    await turns();
    faults.heal();
    // Behind what is sent again.
    answers.push(worker.read({ key: "c" }));
    await begun("c");
    for (const key of "abc") end(key);
    await Promise.all(answers);
    expect(runs).toEqual(["a", "b", "c"]);
    await expect.poll(() => serving.endpoint.inFlight).toBe(0);
  });

  test("an answer that was given meanwhile is told again, and nothing runs twice", async () => {
    const { worker, faults, runs, begun, end, client, said } = await open();
    const answers = [worker.run({ key: "a" }), worker.run({ key: "b" })];
    await begun("b");
    faults.cut();
    end("a");
    end("b");
    await said();
    faults.heal();
    expect(await Promise.all(answers)).toEqual(["a, run 2", "b, run 2"]);
    expect(runs).toEqual(["a", "b"]);
    expect(client.remoteClient.outstanding).toBe(0);
  });

  test("what still runs is awaited, over as many breaks as there are", async () => {
    const { worker, faults, runs, begun, end } = await open();
    const answer = worker.run({ key: "a" });
    await begun("a");
    for (let i = 0; i < 3; i++) {
      faults.cut();
      await turns();
      faults.heal();
      await turns();
    }
    end("a");
    expect(await answer).toBe("a, run 1");
    expect(runs).toEqual(["a"]);
  });

  test("a stream goes on", async () => {
    const { worker, faults, runs, begun, end } = await open();
    const stream = worker.steps({ key: "a" });
    await begun("a");
    faults.cut();
    await turns();
    faults.heal();
    await turns();
    end("a");
    expect(await stream.result).toBe("a, run 1");
    expect(runs).toEqual(["a"]);
  });

  test("what never arrived is run once the link is back, and once only", async () => {
    const { worker, faults, runs, begun, end, client, server } = await open();
    const lost = faults.drop({ direction: "out" });
    const answers = [worker.run({ key: "a" }), worker.read({ key: "b" })];
    // They have left, as far as the client knows.
    await turns();
    faults.cut();
    lost.stop();
    faults.heal();
    await begun("a");
    await begun("b");
    // Once more, while they run.
    faults.cut();
    await turns();
    faults.heal();
    // The copies have come by then: one that comes after the answer may run again, of what is idempotent.
    await settle(client.transport, server.transport);
    end("a");
    end("b");
    await Promise.all(answers);
    expect(runs.toSorted()).toEqual(["a", "b"]);
    expect(client.remoteClient.outstanding).toBe(0);
  });

  test("a copy that was only late does not run beside the one that was sent again", async () => {
    const delays = new ManualClock();
    const { worker, faults, runs, begun, end, serving } = await open({}, delays);
    const late = faults.delay(1_000, { direction: "out" });
    const answer = worker.run({ key: "a" });
    await turns();
    late.stop();
    faults.cut();
    faults.heal();
    await begun("a");
    await delays.advance(1_000);
    end("a");
    expect(await answer).toBe("a, run 1");
    await expect.poll(() => serving.endpoint.inFlight).toBe(0);
    expect(runs).toEqual(["a"]);
  });

  test("an incarnation that knows nothing of it says so, and does not run it", async () => {
    const { worker, faults, runs, begun, serving } = await open();
    const run = failure(worker.run({ key: "a" }));
    await begun("a");
    faults.cut();
    await turns();
    house.roll.remove(serving.member);
    const successor = await house.host("successor");
    const ran = vi.fn();
    void serving.endpoint.close();
    await successor.serve(work, { operations: { run: ran, read: ran } }, { address: "server", epoch: 2 });
    faults.heal();
    expect(await run).toMatchObject({ outcome: "maybe-executed" });
    expect(ran).not.toHaveBeenCalled();
    expect(runs).toEqual(["a"]);
  });

  test("all that waited for the link waits for callees too that come back later", async () => {
    const { worker, faults, runs, begun, end } = await open();
    const answer = worker.run({ key: "known" });
    await begun("known");
    end("known");
    await answer;
    const publish = faults.publish.bind(faults);
    let early = 0;
    vi.spyOn(faults, "publish").mockImplementation((subject, data, options) => {
      if (early++ < 8) publish(subject.replace(".server.", ".nobody."), data, options);
      else publish(subject, data, options);
    });
    faults.cut();
    const keys = Array.from({ length: 60 }, (_, key) => `${key}`);
    const answers = keys.map((key) => worker.run({ key }));
    faults.heal();
    for (const key of keys) {
      await begun(key);
      end(key);
    }
    await Promise.all(answers);
    expect(early).toBeGreaterThan(8);
    expect(runs).toHaveLength(61);
  });

  test("a link that stays away ends neither what was sent over it nor what waits for it", async () => {
    const clock = new ManualClock();
    const { worker, faults, runs, begun, end } = await open({ clock });
    const sent = worker.run({ key: "a" });
    await begun("a");
    faults.cut();
    const waiting = worker.run({ key: "b" });
    await clock.advance(19_000);
    end("a");
    faults.heal();
    await begun("b");
    end("b");
    expect(await Promise.all([sent, waiting])).toEqual(["a, run 1", "b, run 2"]);
    expect(runs).toEqual(["a", "b"]);
  });
});
