import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract } from "@reeve/contract";
import { column, createSupervisor, defineManager, defineStore, job, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { hold, long, note } from "./figure.ts";

vi.setConfig({ testTimeout: 120_000 });

const contractOf = contract("mill", "1.0", {
  grind: call({ input: z.object({ id: z.string() }), timeout: "60s" }),
  /** Inserts, each awaited, in one transaction that never ends by itself. */
  heap: call({ input: z.object({ boundMs: z.number() }), timeout: "60s" }),
  count: call({ input: z.object({}), output: z.number() }),
});
const millStore = defineStore("mill", {
  tables: { sacks: table({ id: column.text().primaryKey(), ground: column.boolean().default(false) }) },
});
const mill = defineManager({
  contract: contractOf,
  store: millStore,
  jobs: { "sack.grinding": job() },
  setup: ({ store, work }) => ({
    operations: {
      async grind({ id }) {
        const job = await store.transaction(async (tx) => {
          await tx.insert("sacks", { id });
          return work.begin(tx, "sack.grinding", id);
        });
        await work.run(job, async () => async (tx) => void (await tx.update("sacks", id, { ground: true })));
      },
      heap: ({ boundMs }) =>
        store.transaction(
          async (tx) => {
            for (let index = 0; ; index++) await tx.insert("sacks", { id: `heap-${index}` });
          },
          { timeout: boundMs },
        ),
      count: async () => (await store.selectFrom("sacks").select("id").execute()).length,
    },
    recover: { "sack.grinding": async () => async () => {} },
  }),
});

async function openMill() {
  const directory = mkdtempSync(join(tmpdir(), "reeve-mill-"));
  const store = sqlite({ path: join(directory, "store.sqlite") });
  const supervisor = createSupervisor({ host: "mill", store, log: { level: "silent" } });
  supervisor.spawn(mill);
  await supervisor.start();
  return {
    ref: supervisor.ref(contractOf),
    async [Symbol.asyncDispose]() {
      await supervisor.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const everyMs = 10;
const lastsMs = long ? 5_000 : 1_000;
const fault = "starvation";

/** How often a timer fired of how often it could have, in percent: by the clock, and by the processor time that this thread got. */
async function timerDuring(work: () => Promise<unknown>) {
  let fired = 0;
  const begunAt = performance.now();
  const cpu = process.threadCpuUsage();
  const timer = setInterval(() => fired++, everyMs);
  await work();
  clearInterval(timer);
  const { user, system } = process.threadCpuUsage(cpu);
  const percentOf = (ms: number) => (100 * fired * everyMs) / ms;
  return { byClock: percentOf(performance.now() - begunAt), byProcessor: percentOf((user + system) / 1_000) };
}

test("durable work without a pause leaves a timer half of its turns, and more", async () => {
  await using opened = await openMill();
  const until = performance.now() + lastsMs;
  let made = 0;
  const caller = async () => {
    while (performance.now() < until) await opened.ref.grind({ id: `${made++}` });
  };
  const { byClock, byProcessor } = await timerDuring(() => Promise.all(Array.from({ length: 16 }, caller)));
  const bound = { atLeast: 50 } as const;
  note({ fault, invariant: "turns of a 10 ms timer beside 16 callers", bound, figure: byClock, unit: "%" });
  hold({ fault, invariant: "the same, of its processor time", bound, figure: byProcessor, unit: "%" });
});

test("a transaction without an end leaves its call's deadline alone, and ends by its own bound, with nothing of it kept", async () => {
  await using opened = await openMill();
  const endings = [
    { boundMs: 3_000, timeout: "1s", reason: "DEADLINE_EXCEEDED" },
    { boundMs: 1_000, timeout: "60s", reason: "TRANSACTION_TIMEOUT" },
  ] as const;
  for (const { boundMs, timeout, reason } of endings) {
    const begunAt = performance.now();
    await expect(opened.ref.heap({ boundMs }, { timeout })).rejects.toMatchObject({ reason });
    const invariant = `a transaction without an end: ${reason} of 1 s after`;
    note({ fault, invariant, bound: { atMost: 1_500 }, figure: performance.now() - begunAt, unit: "ms" });
    await opened.ref.grind({ id: reason });
  }
  hold({
    fault,
    invariant: "rows kept beside those of whole calls",
    bound: { is: 0 },
    figure: (await opened.ref.count({})) - 2,
  });
});
