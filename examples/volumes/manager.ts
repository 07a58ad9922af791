// The smart part. `setup` runs once per incarnation; its closure is the manager's state.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { VolumeStats, volumeDriver } from "@reeve/driver-sdk/volume";
import { scheduler } from "@reeve/managers/scheduler";
import { defineManager, job, type Recover, type Transaction } from "@reeve/runtime";
import { volumes } from "./contract.ts";
import { volumeStore } from "./store.ts";

const limitGiB = 4;

export const volumeManager = defineManager({
  contract: volumes,
  driver: volumeDriver, // what cannot be generalised; the driver itself is given at spawn
  store: volumeStore,
  capabilities: VolumeStats, // what the scheduler hears of this host
  jobs: {
    "volume.creating": job(),
    "volume.extending": job<{ sizeGiB: number }>(),
    "volume.copying": job(),
    "volume.deleting": job(),
  },
  setup({ driver, store, work, capabilities, address, log }) {
    let missing = 0;

    async function countMissing(): Promise<void> {
      const rows = await store.selectFrom("volumes").selectAll().where("host", "=", address).execute();
      const images = new Set((await driver.list()).volumes.map(({ id }) => id));
      missing = rows.filter(({ id, status }) => status === "available" && !images.has(id)).length;
      if (missing > 0) log.error({ missing }, "volumes have lost their images");
    }

    /** After a crash, or when the work threw: the images tell how far it came. */
    const settle: Recover<typeof volumeStore> = async ({ resource: id }, { signal }) => {
      const image = (await driver.list({ signal })).volumes.find((candidate) => candidate.id === id);
      if (image) return (tx) => tx.update("volumes", id, { status: "available", sizeGiB: image.sizeGiB });
      await driver.delete({ id }, { signal }); // what is left of it
      return (tx) => tx.update("volumes", id, { status: "error" });
    };

    /** Harmless to repeat, so that recovery can simply do it again. */
    async function remove(id: string, signal: AbortSignal) {
      await driver.delete({ id }, { signal });
      return (tx: Transaction<typeof volumeStore>) => tx.delete("volumes", id);
    }

    return {
      initHost: () => countMissing(), // before calls are accepted
      isWorking: () => driver.healthy, // probed; while it says no, nothing is placed here
      inspect: () => ({ missing }),
      owner: async ({ id }) => (await store.get("volumes", id)).host,

      operations: {
        async create({ name, sizeGiB }, ctx) {
          const id = randomUUID();
          const host = await ctx.ref(scheduler).place({ manager: "volume", request: id, needs: { sizeGiB } });
          const volume = await store.transaction(async (tx) => {
            const rows = await tx.selectFrom("volumes").select("sizeGiB").execute();
            const used = rows.reduce((sum, row) => sum + row.sizeGiB, 0);
            if (used + sizeGiB > limitGiB) ctx.fail("QUOTA_EXCEEDED", { limitGiB });
            return tx.insert("volumes", { id, name, sizeGiB, status: "creating", host });
          });
          return ctx.ref(volumes).at(host).build(volume);
        },

        async build(volume) {
          const job = await store.transaction((tx) => work.begin(tx, "volume.creating", volume.id)); // intent
          return work.run(job, async ({ signal }) => {
            await driver.create(volume, { signal });
            return (tx) => tx.update("volumes", volume.id, { status: "available" }); // same commit that clears the intent
          });
        },

        get: ({ id }) => store.get("volumes", id),

        async list({ filter, limit, cursor = "" }) {
          let query = store.selectFrom("volumes").selectAll().where("id", ">", cursor).orderBy("id").limit(limit);
          if (filter?.status) query = query.where("status", "=", filter.status);
          const items = await query.execute();
          return { items, next: items.length === limit ? items.at(-1)?.id : undefined };
        },

        async extend({ id, sizeGiB }) {
          const job = await store.transaction((tx) => work.begin(tx, "volume.extending", id, { sizeGiB }));
          return work.run(job, async ({ signal }) => {
            await driver.extend({ id, sizeGiB }, { signal });
            return (tx) => tx.update("volumes", id, { sizeGiB });
          });
        },

        async delete({ id }) {
          const job = await store.transaction(async (tx) => {
            await tx.update("volumes", id, { status: "deleting" });
            return work.begin(tx, "volume.deleting", id);
          });
          await work.run(job, ({ signal }) => remove(id, signal));
        },

        async *copy({ id }, ctx) {
          const { clones } = driver; // an ability that not every driver has
          if (!clones) return ctx.fail("CANNOT_COPY", { host: address });
          const { twin, job } = await store.transaction(async (tx) => {
            const source = await tx.get("volumes", id);
            const copied = { ...source, id: randomUUID(), name: `copy of ${source.name}`, status: "creating" } as const;
            return { twin: await tx.insert("volumes", copied), job: await work.begin(tx, "volume.copying", copied.id) };
          });
          return yield* work.stream(job, async function* ({ signal }) {
            let percent = 0;
            const onProgress = (step: { doneBytes: number; totalBytes: number }) => {
              percent = Math.floor((100 * step.doneBytes) / step.totalBytes);
            };
            const from = { kind: "volume", id } as const;
            const copying = clones.clone({ ...twin, from, independent: true }, { signal, onProgress });
            while (await Promise.race([copying.then(() => false), delay(250, true)])) yield { percent };
            yield { percent: 100 };
            return (tx) => tx.update("volumes", twin.id, { status: "available" });
          });
        },

        rescan: () => countMissing(),
      },

      recover: {
        "volume.creating": settle,
        "volume.extending": settle,
        "volume.copying": settle,
        "volume.deleting": ({ resource }, { signal }) => remove(resource, signal),
      },

      periodic: {
        reportStats: { every: "60s", immediately: true, run: async () => capabilities.update(await driver.stats()) },
      },
    };
  },
});
