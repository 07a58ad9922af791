import { call, contract, stream } from "@reeve/contract";
import { nats } from "@reeve/nats";
import { connect, createSupervisor, defineManager, inProcess, type Supervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Transport } from "@reeve/runtime/transport";
import { natsServer, silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";

const works = contract("work", "1.0", {
  run: call({ input: z.object({ key: z.string() }), timeout: "60s" }),
  watch: stream({ input: z.object({ key: z.string() }), progress: z.number(), timeout: "60s" }),
});

/** How processes come by a link to each other. */
const links: Readonly<Record<string, () => Promise<(caller: string) => Transport>>> = {
  "in process": async () => {
    const hub = inProcess();
    return (caller) => hub.client({ caller });
  },
  "over NATS": async () => {
    const broker = await natsServer();
    onTestFinished(() => broker.close());
    return (caller) => nats({ servers: broker.url, caller });
  },
};

/** A host whose work ends only when it is told to. */
async function open(name: string) {
  const link = await links[name]!();
  const begun: string[] = [];
  const ended = new Map<string, string>();
  const work = (key: string, signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      begun.push(key);
      signal.addEventListener("abort", () => {
        ended.set(key, signal.reason.message);
        reject(signal.reason);
      });
    });
  const worker = defineManager({
    contract: works,
    setup: () => ({
      operations: {
        run: ({ key }, { signal }) => work(key, signal),
        watch: async function* ({ key }, { signal }) {
          yield 1;
          await work(key, signal);
        },
      },
    }),
  });
  const host = async (name: string): Promise<Supervisor> => {
    const store = sqlite({ path: ":memory:" });
    const supervisor = createSupervisor({ host: name, store, log: silentLogger, transport: link(name) });
    onTestFinished(() => supervisor.stop());
    return supervisor;
  };
  const supervisor = await host("worker");
  supervisor.spawn(worker);
  await supervisor.start();
  return { link, host, begun, ended };
}

const cancelled = expect.stringContaining("cancelled by its caller");

test.each(Object.keys(links))("%s, a caller that closes cancels what it has in flight before it goes", async (name) => {
  const { link, begun, ended } = await open(name);
  const caller = await connect({ transport: link("cli"), log: silentLogger });
  const work = caller.ref(works);
  const running = [work.run({ key: "a" }), work.run({ key: "b" }), work.watch({ key: "c" }).result];
  const told = Promise.allSettled(running);
  await expect.poll(() => begun.length).toBe(3);
  await caller.close();
  for (const one of await told) expect(one).toMatchObject({ status: "rejected" });
  await expect.poll(() => ended.size, { timeout: 15_000 }).toBe(3);
  expect(Object.fromEntries(ended)).toEqual({ a: cancelled, b: cancelled, c: cancelled });
});

test.each(Object.keys(links))("%s, a host that stops cancels what it has in flight before it goes", async (name) => {
  const { host, begun, ended } = await open(name);
  const calling = await host("calling");
  await calling.start();
  const told = Promise.allSettled([calling.ref(works).run({ key: "a" })]);
  await expect.poll(() => begun.length).toBe(1);
  await calling.stop();
  expect(await told).toMatchObject([{ status: "rejected" }]);
  await expect.poll(() => ended.size, { timeout: 15_000 }).toBe(1);
  expect(Object.fromEntries(ended)).toEqual({ a: cancelled });
});
