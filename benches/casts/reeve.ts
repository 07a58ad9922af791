import { call, cast, contract } from "@reeve/contract";
import { carriedOut, column, createSupervisor, defineManager, defineStore, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { silentLogger } from "@reeve/testing";
import { z } from "zod";
import type { Create } from "../durable/load.ts";

const Volume = z.object({ id: z.string(), sizeGiB: z.number() });
const volumes = contract("volume", "1.0", { create: cast({ input: Volume, durable: true }) });
const volumeStore = defineStore("volume", {
  tables: {
    volumes: table({ id: column.text().primaryKey(), sizeGiB: column.integer(), createdAt: column.timestamp() }),
  },
});

const orders = contract("order", "1.0", { place: call({ input: Volume, timeout: "60s" }) });
const orderStore = defineStore("order", {
  tables: { orders: table({ id: column.text().primaryKey(), placedAt: column.timestamp() }) },
});

/** An order's row and its cast in one commit; the volume's row with the cast's key in another. Done when that is on the disk. */
export async function reeveCasts(path: string): Promise<Create> {
  const waiting = new Map<string, () => void>();
  const volumeManager = defineManager({
    contract: volumes,
    store: volumeStore,
    setup: ({ store }) => ({
      operations: {
        create: async ({ id, sizeGiB }) => {
          await store.transaction(async (tx) => {
            await tx.insert("volumes", { id, sizeGiB, createdAt: new Date() });
            return carriedOut;
          });
          waiting.get(id)?.();
          waiting.delete(id);
        },
      },
    }),
  });
  const orderManager = defineManager({
    contract: orders,
    store: orderStore,
    setup: ({ store }) => ({
      operations: {
        place: async (volume, ctx) => {
          await store.transaction(async (tx) => {
            await tx.insert("orders", { id: volume.id, placedAt: new Date() });
            await ctx.ref(volumes).create(volume, { tx });
          });
        },
      },
    }),
  });
  const supervisor = createSupervisor({ host: "bench", store: sqlite({ path }), log: silentLogger });
  supervisor.spawn(volumeManager);
  supervisor.spawn(orderManager);
  await supervisor.start();
  const ref = supervisor.ref(orders);
  return async (id) => {
    const done = new Promise<void>((resolve) => waiting.set(id, resolve));
    await ref.place({ id, sizeGiB: 10 });
    await done;
  };
}
