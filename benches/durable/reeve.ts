import { call, contract } from "@reeve/contract";
import { column, createSupervisor, defineManager, defineStore, job, type StoreBackend, table } from "@reeve/runtime";
import { silentLogger } from "@reeve/testing";
import { z } from "zod";
import type { Create } from "./load.ts";

const volumes = contract("volume", "1.0", {
  create: call({ input: z.object({ id: z.string(), sizeGiB: z.number() }), output: z.string(), timeout: "60s" }),
});

const volumeStore = defineStore("volume", {
  tables: {
    volumes: table({
      id: column.text().primaryKey(),
      status: column.text(),
      sizeGiB: column.integer(),
      createdAt: column.timestamp(),
    }),
  },
});

const volumeManager = defineManager({
  contract: volumes,
  store: volumeStore,
  jobs: { "volume.creating": job() },
  setup: ({ store, work }) => ({
    operations: {
      async create({ id, sizeGiB }) {
        const job = await store.transaction(async (tx) => {
          await tx.insert("volumes", { id, status: "available", sizeGiB, createdAt: new Date() });
          return work.begin(tx, "volume.creating", id);
        });
        await work.run(job, async () => {});
        return id;
      },
    },
    recover: { "volume.creating": async () => {} },
  }),
});

/** A volume's row and the intent to make it in one commit, the end of the work in another; both synced. */
export async function reeve(store: StoreBackend): Promise<Create> {
  const supervisor = createSupervisor({ host: "bench", store, log: silentLogger });
  supervisor.spawn(volumeManager);
  await supervisor.start();
  const ref = supervisor.ref(volumes);
  return async (id) => void (await ref.create({ id, sizeGiB: 10 }));
}
