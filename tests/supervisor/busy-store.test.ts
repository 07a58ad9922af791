import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract } from "@reeve/contract";
import { column, createSupervisor, defineManager, defineStore, job, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { silentLogger } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";

const ledgers = contract("ledger", "1.0", {
  book: call({ input: z.object({ id: z.string() }), output: z.string(), timeout: "30s" }),
  endless: call({ input: z.object({}), output: z.string(), timeout: "300ms" }),
  undo: call({ input: z.object({}), output: z.string(), timeout: "300ms" }),
});
const ledgerStore = defineStore("ledger", {
  tables: { entries: table({ id: column.text().primaryKey(), state: column.text() }) },
});

function ledger(ended: unknown[]) {
  return defineManager({
    contract: ledgers,
    store: ledgerStore,
    jobs: { booking: job() },
    setup: ({ store, work }) => ({
      operations: {
        async book({ id }) {
          const job = await store.transaction(async (tx) => {
            await tx.insert("entries", { id, state: "booking" });
            return work.begin(tx, "booking", id);
          });
          return work.run(job, async () => async (tx) => {
            await tx.update("entries", id, { state: "booked" });
            return id;
          });
        },
        endless: () =>
          store
            .transaction(async (tx) => {
              for (let number = 0; ; number++) await tx.insert("entries", { id: `endless ${number}`, state: "" });
            })
            .catch((error) => {
              ended.push(error);
              throw error;
            }),
        async undo() {
          try {
            return await store.transaction(async (tx) => {
              for (let number = 0; ; number++) await tx.insert("entries", { id: `undone ${number}`, state: "" });
            });
          } finally {
            await store.transaction((tx) => tx.insert("entries", { id: "undone", state: "error" }));
            ended.push("put in order");
          }
        },
      },
      recover: { booking: async () => {} },
    }),
  });
}

async function start() {
  const directory = mkdtempSync(join(tmpdir(), "reeve-busy-"));
  const ended: unknown[] = [];
  const supervisor = createSupervisor({
    host: "h",
    store: sqlite({ path: join(directory, "store.db") }),
    log: silentLogger,
  });
  supervisor.spawn(ledger(ended));
  await supervisor.start();
  return {
    ...{ ended, ref: supervisor.ref(ledgers) },
    async [Symbol.asyncDispose]() {
      await supervisor.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

test("timers fire while 16 callers of a durable operation keep a process busy", async () => {
  await using started = await start();
  let fired = 0;
  const timer = setInterval(() => fired++, 10);
  let next = 0;
  // Each has as much to do as it takes for the timer to fire: where it does not, they would go on for ever.
  const caller = async () => {
    while (fired < 5) {
      expect(next).toBeLessThan(2_000);
      await started.ref.book({ id: `${next++}` });
    }
  };
  await Promise.all(Array.from({ length: 16 }, caller));
  clearInterval(timer);
  expect(fired).toBeGreaterThanOrEqual(5);
});

test("an endless transaction ends with its call's deadline, keeps nothing, and the next one runs", async () => {
  await using started = await start();
  const { ref, ended } = started;
  await expect(ref.endless({})).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  await expect.poll(() => ended).toMatchObject([{ code: "DEADLINE_EXCEEDED" }]);
  expect(await ref.book({ id: "next" })).toBe("next");
});

test("what a handler does to put things in order after its deadline is committed", async () => {
  await using started = await start();
  const { ref, ended } = started;
  await expect(ref.undo({})).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  await expect.poll(() => ended).toEqual(["put in order"]);
});
