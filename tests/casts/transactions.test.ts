import { call, cast, contract } from "@reeve/contract";
import { postgres } from "@reeve/postgres";
import { createSupervisor, defineManager, type StoreBackend } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { postgresServer, silentLogger } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { ledger, ledgerManager, ledgerStore, office, officeManager } from "./ledger.ts";

let server: Awaited<ReturnType<typeof postgresServer>>;

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const soon = { timeout: 30_000, interval: 20 };

beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

const backends: readonly [string, () => Promise<StoreBackend>][] = [
  ["SQLite", async () => sqlite({ path: ":memory:" })],
  ["PostgreSQL", async () => postgres({ url: await server.createDatabase() })],
];

async function started(
  store: StoreBackend,
  ...managers: Parameters<ReturnType<typeof createSupervisor>["spawn"]>[0][]
) {
  const supervisor = createSupervisor({ host: "a", store, log: silentLogger });
  onTestFinished(() => supervisor.stop());
  for (const manager of managers) supervisor.spawn(manager);
  await supervisor.start();
  return supervisor;
}

/** A ledger whose mailbox knows no lanes: that one follows on the other is up to who casts. */
const laneless = contract("ledger", "1.0", {
  inOrder: cast({ input: z.object({ text: z.string(), book: z.string() }), durable: true }),
  read: call({ input: z.object({}), output: z.array(z.string()) }),
});

test.each(backends)(
  "on %s, casts that one transaction makes at once follow on each other in their lane",
  async (_, open) => {
    const texts = Array.from({ length: 8 }, (__, index) => String(index));
    const begun: string[] = [];
    let running = 0;
    let most = 0;
    const callee = defineManager({
      contract: laneless,
      store: ledgerStore,
      setup: () => ({
        operations: {
          inOrder: async ({ text }) => {
            begun.push(text);
            most = Math.max(most, ++running);
            await new Promise((resolve) => setTimeout(resolve, 5));
            running -= 1;
          },
          read: () => begun,
        },
      }),
    });
    const teller = officeManager((book, ctx, store) =>
      store.transaction((tx) => Promise.all(texts.map((text) => ctx.ref(ledger).inOrder({ text, book }, { tx })))),
    );
    const host = await started(await open(), callee, teller);
    await host.ref(office).act({ what: "b" });
    await vi.waitFor(() => expect(begun).toHaveLength(texts.length), soon);
    expect([begun, most]).toEqual([texts, 1]);
  },
);

test("a cast of a transaction that conflicts with others, and runs again, is kept once", async () => {
  const tries: string[] = [];
  const teller = officeManager((what, ctx, store) =>
    store.transaction(async (tx) => {
      tries.push(what);
      const rows = await tx.selectFrom("done").select("what").execute();
      await ctx.ref(ledger).note({ text: what }, { tx });
      await tx.insert("done", { what: `${rows.length}` });
    }),
  );
  const host = await started(await backends[1]![1](), ledgerManager(), teller);
  const acts = Array.from({ length: 12 }, (_, index) => `act ${index}`).sort();
  await Promise.all(acts.map((what) => host.ref(office).act({ what })));
  await vi.waitFor(async () => expect(await host.ref(ledger).read({})).toHaveLength(acts.length), soon);
  expect([...(await host.ref(ledger).read({}))].sort()).toEqual(acts);
  // Each of them read what the others write.
  expect(tries.length).toBeGreaterThan(acts.length);
});

test("a cast that is refused in a transaction leaves that to go on, with the casts before and after it", async () => {
  const teller = officeManager((what, ctx, store) =>
    store.transaction(async (tx) => {
      const ref = ctx.ref(ledger);
      const cyclic: { text: string; self?: object } = { text: "refused" };
      cyclic.self = cyclic;
      const casts = [{ text: "before" }, cyclic, { text: "after" }].map((note) => ref.note(note, { tx }));
      const settled = await Promise.allSettled(casts);
      await tx.insert("done", { what: `${what} ${settled.map(({ status }) => status)}` });
    }),
  );
  for (const [, open] of backends) {
    const host = await started(await open(), ledgerManager(), teller);
    await host.ref(office).act({ what: "x" });
    await vi.waitFor(async () => expect(await host.ref(ledger).read({})).toHaveLength(2), soon);
    expect([...(await host.ref(ledger).read({}))].sort()).toEqual(["after", "before"]);
  }
});
