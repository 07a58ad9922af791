import { contract, stream } from "@reeve/contract";
import { column, connect, createSupervisor, defineManager, defineStore, job, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Transport } from "@reeve/runtime/transport";
import { silentLogger } from "@reeve/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { transports, useHosts } from "./hosts.ts";

const Id = z.object({ id: z.string() });
const disks = contract("disk", "1.0", {
  copy: stream({ input: Id, progress: z.number(), output: z.string(), dedupe: "store", timeout: "60s" }),
});
const store = defineStore("disk", {
  tables: { disks: table({ id: column.text().primaryKey(), status: column.text() }) },
});
const key = { idempotencyKey: "copy-17" };

/** Journalled work whose steps and end are the test's. */
async function serve(transport: Transport, path = ":memory:") {
  const told: { upTo: number; end?: "done" | "broken" } = { upTo: 0 };
  const wakes = new Set<() => void>();
  const manager = defineManager({
    contract: disks,
    store,
    jobs: { copying: job() },
    setup: ({ store, work }) => ({
      operations: {
        async *copy({ id }) {
          const copying = await store.transaction(async (tx) => {
            await tx.insert("disks", { id, status: "copying" });
            return work.begin(tx, "copying", id);
          });
          return yield* work.stream(copying, async function* () {
            for (let step = 0; ; ) {
              while (step < told.upTo) yield step++;
              if (told.end === "broken") throw new Error("disk");
              if (told.end) return (tx) => tx.update("disks", id, { status: "copied" }).then(({ status }) => status);
              await new Promise<void>((resolve) => wakes.add(resolve));
            }
          });
        },
      },
      recover: {
        copying:
          ({ resource }) =>
          (tx) =>
            tx.update("disks", resource, { status: "recovered" }).then(({ status }) => status),
      },
    }),
  });
  const supervisor = createSupervisor({ host: "a", transport, store: sqlite({ path }), log: silentLogger });
  onTestFinished(() => supervisor.stop());
  supervisor.spawn(manager);
  await supervisor.start();
  return (change: Partial<typeof told>) => {
    Object.assign(told, change);
    for (const wake of wakes) wake();
    wakes.clear();
  };
}

describe.each(transports)("journalled work that tells how far it is, %s", (name) => {
  const { unconnected } = useHosts(name);
  const caller = async () => {
    const connection = await connect({ transport: unconnected(), log: silentLogger });
    onTestFinished(() => connection.close());
    return connection.ref(disks);
  };

  test("yields its steps, and returns what its finishing transaction gives; its key has that from then on", async () => {
    const tell = await serve(unconnected());
    const disk = await caller();
    const copying = disk.copy({ id: "v" }, key);
    const steps = copying[Symbol.asyncIterator]();
    tell({ upTo: 3 });
    for (const step of [0, 1, 2]) expect(await steps.next()).toEqual({ done: false, value: step });
    tell({ end: "done" });
    expect((await steps.next()).done).toBe(true);
    expect(await copying.result).toBe("copied");
    expect(await disk.copy({ id: "v" }, key).result).toBe("copied");
  });

  test("goes on when its reader leaves; a call under its key joins it", async () => {
    const tell = await serve(unconnected());
    const disk = await caller();
    const first = disk.copy({ id: "v" }, key);
    const left = first.result.catch((error: unknown) => error);
    tell({ upTo: 2 });
    for await (const step of first) if (step === 1) break;
    expect(await left).toMatchObject({ reason: "CANCELLED" });
    const second = disk.copy({ id: "v" }, key);
    const steps = second[Symbol.asyncIterator]();
    expect(await steps.next()).toEqual({ done: false, value: 1 });
    tell({ upTo: 4 });
    for (const step of [2, 3]) expect(await steps.next()).toEqual({ done: false, value: step });
    tell({ end: "done" });
    expect((await steps.next()).done).toBe(true);
    expect(await second.result).toBe("copied");
  });

  test("that throws is recovered, and what that gave is the answer, of its call and of its key", async () => {
    const tell = await serve(unconnected());
    const disk = await caller();
    const copying = disk.copy({ id: "v" }, key);
    const steps = copying[Symbol.asyncIterator]();
    tell({ upTo: 1 });
    expect(await steps.next()).toEqual({ done: false, value: 0 });
    tell({ end: "broken" });
    expect((await steps.next()).done).toBe(true);
    expect(await copying.result).toBe("recovered");
    expect(await disk.copy({ id: "v" }, key).result).toBe("recovered");
  });
});
