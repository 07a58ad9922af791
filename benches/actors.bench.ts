import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract } from "@reeve/contract";
import { createSupervisor, defineManager, defineStore, type Supervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { assign, fromPromise, setup } from "xstate";
import { z } from "zod";
import { ratioOf } from "./alternate.ts";
import { outstanding, run } from "./durable/load.ts";
import { reeve } from "./durable/reeve.ts";
import type { Figure } from "./figure.ts";
import { heapBytes } from "./heap-bytes.ts";
import { median } from "./median.ts";

const kept = 10_000;
const rounds = 9;
const forMs = 1_000;

const servers = contract("server", "1.0", {
  keep: call({ input: z.object({ id: z.string(), works: z.boolean() }) }),
  check: call({ input: z.object({ id: z.string() }), output: z.string(), timeout: "60s" }),
});

/** A server that is looked after: each check is a transition with an assignment, a delay that is set anew and an action. */
const machine = setup({
  types: {} as { context: { name: string; checks: number; works: boolean }; input: { id: string; works: boolean } },
  actors: { work: fromPromise(() => new Promise<never>(() => {})) },
  actions: { note: () => {} },
}).createMachine({
  id: "server",
  context: ({ input: { id, works } }) => ({ name: id, checks: 0, works }),
  initial: "well",
  states: {
    well: {
      after: { 86400000: "unwell" },
      always: { guard: ({ context }) => context.works && context.checks === 0, target: "working" },
      on: {
        check: {
          target: "well",
          reenter: true,
          actions: ["note", assign({ checks: ({ context }) => context.checks + 1 })],
        },
      },
    },
    working: { invoke: { src: "work" } },
    unwell: {},
  },
});

const serverManager = defineManager({
  contract: servers,
  store: defineStore("server", { tables: {} }),
  setup: ({ actors }) => ({
    kept: [machine],
    operations: {
      keep: async ({ id, works }) => void (await actors.keep(machine, { id, input: { id, works } })),
      check: async ({ id }) => (await actors.get(machine, id).send({ type: "check" })).snapshot.value,
    },
  }),
});

/**
 * Kept actors on an SQLite file, synced: transitions a second, 64 outstanding over 640 actors, against the commits of `durable`'s
 * creates in the same process (two each); then a start with 10,000 that wait for a delay, and with 10,000 that run something.
 */
export async function figures(): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), "reeve-bench-"));
  try {
    const rate = await transitions(directory);
    const waiting = await started(join(directory, "waiting.sqlite"), false);
    const working = await started(join(directory, "working.sqlite"), true);
    const alone = { peer: null, ratio: null, peerName: null };
    return [
      rate,
      { id: "actors.start.10000", ours: waiting.ms, unit: "ms", ...alone },
      { id: "actors.start.10000.kb", ours: waiting.kb, unit: "kB each", ...alone },
      { id: "actors.start.10000.working", ours: working.ms, unit: "ms", ...alone },
      { id: "actors.start.10000.working.kb", ours: working.kb, unit: "kB each", ...alone },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function transitions(directory: string): Promise<Figure> {
  const create = await reeve(sqlite({ path: join(directory, "durable.sqlite") }));
  const supervisor = await open(join(directory, "kept.sqlite"));
  const ref = supervisor.ref(servers);
  const names = Array.from({ length: outstanding * 10 }, (_, index) => `s${index}`);
  await keepAll(supervisor, names, false);
  let next = 0;
  const check = async () => void (await ref.check({ id: names[next++ % names.length]! }));
  const our: number[] = [];
  const their: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const ours = async () => our.push((await run(check, "", forMs)).createsPerSecond);
    const theirs = async () => their.push((await run(create, `r${round}`, forMs)).createsPerSecond * 2);
    for (const side of round % 2 === 0 ? [ours, theirs] : [theirs, ours]) await side();
  }
  await supervisor.stop();
  return {
    id: "actors.rate",
    ours: median(our),
    peer: median(their),
    ratio: ratioOf(our, their),
    unit: "transitions/s",
    peerName: "commits of durable creates, the same process",
  };
}

async function started(path: string, works: boolean): Promise<{ readonly ms: number; readonly kb: number }> {
  const first = await open(path);
  await keepAll(
    first,
    Array.from({ length: kept }, (_, index) => `s${index}`),
    works,
  );
  await first.stop();
  const before = await heapBytes();
  const begun = performance.now();
  const again = await open(path);
  const ms = performance.now() - begun;
  const kb = ((await heapBytes()) - before) / 1_024 / kept;
  await again.stop();
  return { ms, kb };
}

async function open(path: string): Promise<Supervisor> {
  const supervisor = createSupervisor({ host: "bench", store: sqlite({ path }), log: { level: "silent" } });
  supervisor.spawn(serverManager);
  await supervisor.start();
  return supervisor;
}

async function keepAll(supervisor: Supervisor, names: readonly string[], works: boolean): Promise<void> {
  const ref = supervisor.ref(servers);
  const left = names.values();
  const keeper = async () => {
    for (const id of left) await ref.keep({ id, works });
  };
  await Promise.all(Array.from({ length: 200 }, keeper));
}
