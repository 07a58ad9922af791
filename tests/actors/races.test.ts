import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract, reeveError } from "@reeve/contract";
import { postgres } from "@reeve/postgres";
import { column, createSupervisor, defineManager, defineStore, type StoreBackend, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { postgresServer, silentLogger } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { assign, fromCallback, setup } from "xstate";
import { z } from "zod";

let server: Awaited<ReturnType<typeof postgresServer>>;
beforeAll(async () => {
  server = await postgresServer();
}, 120_000);
afterAll(() => server.close());

const meters = contract("meter", "1.0", {
  keep: call({ input: z.object({ id: z.string() }) }),
  tick: call({
    input: z.object({ id: z.string(), by: z.enum(["itself", "a transaction", "a failed transaction", "its child"]) }),
  }),
  read: call({ input: z.object({ id: z.string() }), output: z.number() }),
  rows: call({ input: z.object({}), output: z.number() }),
});

const meterStore = defineStore("meter", { tables: { ticks: table({ id: column.text().primaryKey() }) } });

function meterManager(said: number[], broken = () => false) {
  const childs = new Set<(event: { type: string }) => void>();
  const machine = setup({
    types: {} as { context: { ticks: number }; events: { type: "tick" } },
    actors: {
      child: fromCallback(({ sendBack }) => {
        childs.add(sendBack);
        return () => void childs.delete(sendBack);
      }),
    },
    actions: {
      say({ context }) {
        if (context.ticks === 3 && broken()) throw new Error("the third is broken");
        said.push(context.ticks);
      },
    },
  }).createMachine({
    id: "meter",
    context: { ticks: 0 },
    invoke: { src: "child" },
    on: { tick: { actions: [assign({ ticks: ({ context }) => context.ticks + 1 }), "say"] } },
  });
  return defineManager({
    contract: meters,
    store: meterStore,
    setup: ({ actors, store, newId }) => ({
      kept: [machine],
      operations: {
        keep: async ({ id }) => void (await actors.keep(machine, { id })),
        async tick({ id, by }) {
          const actor = actors.get(machine, id);
          if (by === "itself") await actor.send({ type: "tick" });
          else if (by === "its child") for (const sendBack of childs) sendBack({ type: "tick" });
          else
            await store.transaction(async (tx) => {
              await tx.insert("ticks", { id: newId() });
              await actor.send({ type: "tick" }, { tx });
              if (by === "a failed transaction") throw new Error("no");
            });
        },
        read: async ({ id }) => (await actors.find(machine, id))!.snapshot.context.ticks,
        rows: async () => (await store.selectFrom("ticks").select("id").execute()).length,
      },
    }),
  });
}

async function house(kind: string, said: number[], around = (store: StoreBackend) => store) {
  let store: StoreBackend;
  if (kind === "PostgreSQL") store = postgres({ url: await server.createDatabase() });
  else {
    const directory = mkdtempSync(join(tmpdir(), "reeve-meters-"));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    store = sqlite({ path: join(directory, "a.sqlite") });
  }
  const supervisor = createSupervisor({ host: "a", store: around(store), log: silentLogger });
  supervisor.spawn(meterManager(said));
  await supervisor.start();
  onTestFinished(() => supervisor.stop());
  return supervisor.ref(meters);
}

/** Commits are made, and some of their answers lost. */
function losing(inner: StoreBackend, isLost: () => boolean): StoreBackend {
  return {
    async open(options) {
      const connections = await inner.open(options);
      return new Proxy(connections, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (name !== "write") return typeof value === "function" ? value.bind(target) : value;
          const write: typeof target.write = async (body, given) => {
            const result = await target.write(body, given);
            if (!isLost()) return result;
            throw reeveError("STORE_FAILED", "the answer is lost", { outcome: "maybe-executed", retryable: true });
          };
          return write;
        },
      });
    },
  };
}

test("what a child says is taken once, also where the answer to its commit is lost", { timeout: 60_000 }, async () => {
  const said: number[] = [];
  let [commits, armed] = [0, false];
  const calls = await house("SQLite", said, (store) => losing(store, () => armed && commits++ % 3 === 0));
  await calls.keep({ id: "m" });
  armed = true;
  for (let tick = 0; tick < 20; tick++) await calls.tick({ id: "m", by: "its child" });
  await expect.poll(() => calls.read({ id: "m" }), { timeout: 40_000 }).toBe(20);
  armed = false;
  await expect.poll(() => said).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(await calls.read({ id: "m" })).toBe(20);
});

test.each(["SQLite", "PostgreSQL"])(
  "events of callers, of transactions and of children at once are each taken once, on %s",
  { timeout: 60_000 },
  async (kind) => {
    const said: number[] = [];
    const calls = await house(kind, said);
    await calls.keep({ id: "m" });
    const ways = ["itself", "a transaction", "a failed transaction", "its child"] as const;
    const ticks = Array.from({ length: 80 }, (_, index) => ways[index % ways.length]!);
    const ended = await Promise.allSettled(ticks.map((by) => calls.tick({ id: "m", by })));
    const failed = ticks.filter((by, index) => by === "a failed transaction" && ended[index]!.status === "rejected");
    expect(ended.filter(({ status }) => status === "rejected")).toHaveLength(failed.length);
    expect(failed).toHaveLength(20);
    await expect.poll(() => calls.read({ id: "m" })).toBe(60);
    expect(await calls.rows({})).toBe(20);
    // Each action has run once, in the order of the turns.
    await expect.poll(() => said).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  },
);

test("an action that throws while more events come is run again at the next start, on PostgreSQL", async () => {
  const url = await server.createDatabase();
  const said: number[] = [];
  let broken = true;
  const life = async () => {
    const supervisor = createSupervisor({ host: "a", store: postgres({ url }), log: silentLogger });
    supervisor.spawn(meterManager(said, () => broken));
    await supervisor.start();
    return { supervisor, calls: supervisor.ref(meters), status: () => supervisor.managers()[0]!.status };
  };
  const first = await life();
  const ids = Array.from({ length: 10 }, (_, index) => `m${index}`);
  for (const id of ids) await first.calls.keep({ id });
  await Promise.allSettled(
    ids.flatMap((id) => Array.from({ length: 6 }, () => first.calls.tick({ id, by: "itself" }))),
  );
  await expect.poll(() => first.status().causes).toMatchObject([{ data: { actors: ids.length } }]);
  await first.supervisor.stop();
  broken = false;
  const next = await life();
  onTestFinished(() => next.supervisor.stop());
  expect(next.status().causes).toEqual([]);
  // The third of each, whatever came after it.
  await expect.poll(() => said.filter((ticks) => ticks === 3).length).toBeGreaterThanOrEqual(ids.length);
});
