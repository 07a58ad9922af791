import { call, contract, stream } from "@reeve/contract";
import type { Transport } from "@reeve/runtime/transport";
import { type FaultTransport, faultTransport, ManualClock } from "@reeve/testing";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";
import { turns } from "../kit/turn.ts";
import { transports, useHouse } from "./broker.ts";
import type { HostOptions, ServeOptions } from "./host.ts";
import { decode } from "./page-codec.ts";
import { settle } from "./passing.ts";

const Key = z.object({ key: z.string() });
const work = contract("work", "1.0", {
  run: call({ input: Key, output: z.string(), timeout: "20s" }),
  read: call({ input: Key, output: z.string(), idempotent: true, timeout: "20s" }),
  save: call({ input: Key, output: z.string(), dedupe: "store", timeout: "20s" }),
  count: stream({ input: z.object({ to: z.number() }), progress: z.number(), output: z.string(), timeout: "20s" }),
  steps: stream({ input: Key, progress: z.number(), output: z.string(), timeout: "20s" }),
});

/** A transport whose publishes a test looks at, and may send elsewhere. @param again how many calls of a message have been sent before */
function watched(inner: Transport, subjectOf: (subject: string, again: number) => string): Transport {
  const sent = new Set<string>();
  const publish: Transport["publish"] = (subject, data, options) => {
    const [, ...frames] = decode(Buffer.from(data.subarray(1))) as unknown[][];
    const conversation = options?.reply?.slice(0, options.reply.lastIndexOf("."));
    let again = 0;
    for (const [kind, number] of frames) {
      const call = `${conversation} ${number}`;
      if (kind === 1 && sent.has(call)) again++;
      sent.add(call);
    }
    inner.publish(subjectOf(subject, again), data, options);
  };
  return new Proxy(inner, {
    get(target, name) {
      if (name === "publish") return publish;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe.each(transports)("calls whose callee's link breaks, %s", (name) => {
  const house = useHouse(name);

  /** A callee whose link a test breaks, and which ends each run when the test says so. */
  async function open(options: HostOptions = {}, serveOptions: ServeOptions = {}) {
    const runs: string[] = [];
    const ends: (() => void)[] = [];
    const run = ({ key }: { key: string }) => {
      const nth = runs.push(key);
      return new Promise<string>((resolve) => ends.push(() => resolve(`${key}, run ${nth}`)));
    };
    const operations = {
      run,
      read: run,
      save: run,
      count: async function* ({ to }: { to: number }) {
        for (let step = 0; step < to; step++) yield step;
        return "done";
      },
      steps: async function* ({ key }: { key: string }) {
        yield 1;
        const answer = await run({ key });
        yield 2;
        return answer;
      },
    };
    const faulty: FaultTransport[] = [];
    const delays = new ManualClock();
    const wrap = (inner: Transport) => {
      const faults = faultTransport(inner, { print: () => {}, clock: delays });
      faulty.push(faults);
      return faults;
    };
    const server = await house.host("server", { wrap });
    const serving = await server.serve(work, { operations }, serveOptions);
    const sentAgain: number[] = [];
    const astray = { messages: 0 };
    const client = await house.host("client", {
      ...options,
      wrap: (inner) =>
        watched(wrap(inner), (subject, again) => {
          if (again > 0) sentAgain.push(again);
          return again > 0 && astray.messages-- > 0 ? subject.replace(".server.", ".nobody.") : subject;
        }),
    });
    const [faults, clientFaults] = faulty as [FaultTransport, FaultTransport];
    return {
      runs,
      sentAgain,
      astray,
      faults,
      clientFaults,
      delays,
      client,
      serving,
      worker: client.ref(work),
      begun: (count: number) => vi.waitFor(() => expect(runs).toHaveLength(count), { timeout: 5_000 }),
      /** So many runs go on, and the answers of the others were given to the link. */
      left: async (count: number) => {
        await expect.poll(() => serving.endpoint.inFlight).toBe(count);
        await turns();
      },
      end: (nth: number) => ends[nth - 1]!(),
      /** What has been sent by now has come to where it goes, and so has what that has set off. */
      async settled() {
        for (let i = 0; i < 3; i++) {
          for (const link of faulty) if (link.connected) await link.flush();
          await turns();
        }
      },
      back: () => house.roll.relinked(serving.member),
    };
  }

  test("an answer that was lost is told again once the callee is back, and nothing runs twice", async () => {
    const { worker, faults, runs, begun, left, end, client, settled, back } = await open();
    const answers = [worker.run({ key: "a" }), worker.save({ key: "b" })];
    await begun(2);
    faults.cut();
    end(1);
    end(2);
    await left(0);
    faults.heal();
    await settled();
    expect(client.remoteClient.outstanding).toBe(2);
    back();
    expect(await Promise.all(answers)).toEqual(["a, run 1", "b, run 2"]);
    expect(runs).toEqual(["a", "b"]);
    expect(client.remoteClient.outstanding).toBe(0);
  });

  test("a stream's answer that was lost is told again", async () => {
    const { worker, faults, runs, begun, left, end, back } = await open();
    const steps = worker.steps({ key: "a" });
    await begun(1);
    faults.cut();
    end(1);
    await left(0);
    faults.heal();
    back();
    expect(await steps.result).toBe("a, run 1");
    expect(runs).toEqual(["a"]);
  });

  test("a stream all of whose steps were lost goes on", async () => {
    const { worker, faults, settled, back } = await open();
    const swallowed = faults.drop({ direction: "out" });
    const counting = worker.count({ to: 40 });
    await settled();
    faults.cut();
    swallowed.stop();
    faults.heal();
    back();
    const steps: number[] = [];
    const missed: number[] = [];
    for await (const step of counting) {
      steps.push(step);
      missed.push(counting.missed);
    }
    expect(missed).toEqual([16, ...Array.from({ length: 23 }, () => 0)]);
    expect(steps).toEqual(Array.from({ length: 24 }, (_, i) => i + 16));
    expect(await counting.result).toBe("done");
  });

  test("what is harmless twice is sent again where its answer was lost, and joins its run where it has none yet", async () => {
    const { worker, faults, runs, begun, end, left, settled, back } = await open();
    const answers = [worker.read({ key: "a" }), worker.read({ key: "b" })];
    await begun(2);
    faults.cut();
    end(1);
    await left(1);
    faults.heal();
    back();
    await begun(3);
    await settled();
    expect(runs).toEqual(["a", "b", "a"]);
    end(2);
    end(3);
    expect(await Promise.all(answers)).toEqual(["a, run 3", "b, run 2"]);
    await left(0);
  });

  test("a call that was lost on its way runs once the callee is back, and once only", async () => {
    const { worker, faults, runs, settled, begun, end, back } = await open();
    const swallowed = faults.drop({ direction: "in" });
    const answers = [worker.run({ key: "a" }), worker.read({ key: "b" }), worker.save({ key: "c" })];
    await settled();
    faults.cut();
    swallowed.stop();
    faults.heal();
    back();
    await begun(3);
    back();
    await settled();
    for (const nth of [1, 2, 3]) end(nth);
    expect(await Promise.all(answers)).toEqual(["a, run 1", "b, run 2", "c, run 3"]);
    expect(runs).toEqual(["a", "b", "c"]);
  });

  test("what still runs is awaited, over as many breaks as there are", async () => {
    const { worker, faults, runs, sentAgain, begun, end, settled, back } = await open();
    const answer = worker.run({ key: "a" });
    await begun(1);
    for (let i = 0; i < 3; i++) {
      faults.cut();
      faults.heal();
      back();
      await settled();
    }
    end(1);
    expect(await answer).toBe("a, run 1");
    expect(runs).toEqual(["a"]);
    expect(sentAgain).toEqual([1, 1, 1]);
  });

  test("an answer that crosses what is sent again ends its call once, and the one told again ends nothing", async () => {
    const { worker, faults, delays, runs, sentAgain, begun, left, end, client, settled, back } = await open();
    const answers = [worker.run({ key: "a" }), worker.read({ key: "b" })];
    await begun(2);
    faults.delay(1_000, { direction: "out" });
    end(1);
    end(2);
    await left(0);
    // The word of the link overtakes the answers.
    back();
    await begun(3);
    end(3);
    await left(0);
    await delays.advance(1_000);
    expect(await Promise.all(answers)).toEqual(["a, run 1", "b, run 2"]);
    await delays.advance(1_000);
    await settled();
    expect(sentAgain).toEqual([1, 1]);
    expect(runs).toEqual(["a", "b", "b"]);
    expect(client.remoteClient.outstanding).toBe(0);
    expect(client.log.lines).toEqual([]);
  });

  test("a refusal that crosses what is sent again is a refusal, for each copy", async () => {
    const { worker, faults, delays, begun, end, settled, back } = await open({}, { maxInFlight: 1, maxQueued: 0 });
    const runs = worker.run({ key: "a" });
    await begun(1);
    faults.delay(1_000, { direction: "out" });
    const refused = [failure(worker.run({ key: "b" })), failure(worker.save({ key: "c" }))];
    await settled();
    back();
    await settled();
    await delays.advance(1_000);
    for (const one of await Promise.all(refused))
      expect(one).toMatchObject({ reason: "MAILBOX_FULL", outcome: "not-executed" });
    end(1);
    await settled();
    await delays.advance(1_000);
    expect(await runs).toBe("a, run 1");
  });

  test("when both links break, a call is answered once, whichever is back first", async () => {
    const { worker, faults, clientFaults, runs, begun, left, end, client, settled, back } = await open();
    const answers = [worker.run({ key: "a" }), worker.run({ key: "b" })];
    await begun(2);
    for (const [nth, first] of [clientFaults, faults].entries()) {
      const second = first === faults ? clientFaults : faults;
      first.cut();
      second.cut();
      end(nth + 1);
      await expect.poll(() => faults.connected).toBe(false);
      first.heal();
      await settled();
      second.heal();
      back();
      await settled();
    }
    await left(0);
    expect(await Promise.all(answers)).toEqual(["a, run 1", "b, run 2"]);
    expect(runs).toEqual(["a", "b"]);
    expect(client.remoteClient.outstanding).toBe(0);
  });

  test("an incarnation that has come since knows nothing of it, says so, and does not run it", async () => {
    const { worker, faults, runs, begun, back, serving } = await open();
    const run = failure(worker.run({ key: "a" }));
    await begun(1);
    faults.cut();
    const successor = await house.host("successor");
    const ran = vi.fn();
    await successor.serve(work, { operations: { run: ran } }, { address: "server", epoch: 2 });
    back();
    // Two may hear what goes to one address: that the one is not meant says nothing of the other.
    await settle(successor.transport);
    house.roll.remove(serving.member);
    expect(await run).toMatchObject({ reason: "PEER_LOST", outcome: "maybe-executed", address: "server" });
    expect(ran).not.toHaveBeenCalled();
    expect(runs).toEqual(["a"]);
  });

  test("what is sent again before the callee can be reached is sent once more", async () => {
    const { worker, faults, sentAgain, astray, begun, left, end, back } = await open();
    const answer = worker.run({ key: "a" });
    await begun(1);
    faults.cut();
    end(1);
    await left(0);
    faults.heal();
    astray.messages = 2;
    back();
    expect(await answer).toBe("a, run 1");
    expect(sentAgain).toEqual([1, 1, 1]);
  });

  test("a call that is cancelled while it is sent again in vain ends there", async () => {
    const { worker, serving, astray, begun, settled, back } = await open({ clock: new ManualClock() });
    const controller = new AbortController();
    const run = failure(worker.run({ key: "a" }, { signal: controller.signal }));
    await begun(1);
    astray.messages = Number.POSITIVE_INFINITY;
    back();
    await settled();
    controller.abort();
    expect(await run).toMatchObject({ reason: "CANCELLED", outcome: "maybe-executed" });
    await expect.poll(() => serving.endpoint.inFlight).toBe(0);
  });

  test("what reaches nobody is sent again until its callee is known to be gone", async () => {
    const clock = new ManualClock();
    const { worker, sentAgain, astray, begun, settled, back, serving, client } = await open({ clock });
    const run = failure(worker.run({ key: "a" }));
    await begun(1);
    astray.messages = Number.POSITIVE_INFINITY;
    back();
    await settled();
    for (let passed = 0; passed < 15_000; passed += 500) {
      await clock.advance(500);
      await settled();
    }
    expect(client.remoteClient.outstanding).toBe(1);
    // Not as often as at first.
    expect(sentAgain.length).toBeLessThan(80);
    serving.vanish();
    expect(await run).toMatchObject({ reason: "PEER_LOST", outcome: "maybe-executed", address: "server" });
  });

  test("calls to others are left alone, and so are those that have not left", async () => {
    const { worker, sentAgain, begun, end, settled, serving, back } = await open();
    const answer = worker.run({ key: "a" });
    await begun(1);
    const { member } = serving;
    house.roll.relinked({ ...member, address: "other" }, { ...member, major: 2 }, { ...member, manager: "other" });
    await settled();
    expect(sentAgain).toEqual([]);
    // Not sent yet.
    const next = worker.run({ key: "b" });
    back();
    const later = worker.run({ key: "c" });
    await begun(3);
    expect(sentAgain).toEqual([1]);
    for (const nth of [1, 2, 3]) end(nth);
    expect(await Promise.all([answer, next, later])).toEqual(["a, run 1", "b, run 2", "c, run 3"]);
  });
});
