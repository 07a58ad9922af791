import { call, contract, paged } from "@reeve/contract";
import {
  acceptPlaced,
  type BeforeDeletion,
  changeIf,
  deleteIf,
  type FailureInfo,
  failureInfo,
  limitOf,
  PlacementConfirmations,
  type Placing,
  pageOf,
  placeAndBuild,
  placementErrors,
  placing,
  ResourceId,
  ResourceName,
  reachableRow,
  recoverCreation,
  recoverDeletion,
  recoverPlacing,
  requireDriver,
  requireQuota,
  sumRows,
  tenantOf,
  tenantTable,
  WRONG_STATUS,
} from "@reeve/managers/resource";
import { column, defineManager, defineStore, job, table } from "@reeve/runtime";
import { z } from "zod";
import { rackDriver } from "./rack.ts";

const Status = z.enum(["creating", "available", "deleting", "error"]);
const Slot = z.object({
  id: ResourceId,
  tenant: z.string(),
  name: ResourceName,
  units: z.number(),
  status: Status,
  host: z.string().nullable(),
  fault: failureInfo().nullable(),
});

const Key = z.object({ id: ResourceId });
const lane = ({ id }: { readonly id: string }) => id;
const QUOTA_EXCEEDED = {
  code: "RESOURCE_EXHAUSTED",
  data: z.object({ limit: z.number(), used: z.number() }),
} as const;

/** Leases of units in racks. */
export const slots = contract("slot", "1.0", {
  create: call({
    input: z.strictObject({ name: ResourceName, units: z.number().int().positive() }),
    output: Slot,
    dedupe: "store",
    errors: { QUOTA_EXCEEDED, ...placementErrors },
  }),
  build: call({ route: "address", input: Key, output: Slot, idempotent: true, lane, errors: { WRONG_STATUS } }),
  get: call({ input: Key, output: Slot, idempotent: true }),
  list: paged({ filter: z.strictObject({ status: Status.optional(), host: z.string().optional() }), item: Slot }),
  delete: call({ route: "owner", input: Key, lane, errors: { WRONG_STATUS } }),
});

export const slotStore = defineStore("slot", {
  tables: {
    slots: table({
      id: column.text().primaryKey(),
      tenant: column.text(),
      name: column.text(),
      units: column.integer(),
      status: column.text<z.infer<typeof Status>>(),
      host: column.text().nullable(),
      fault: column.json<FailureInfo>().nullable(),
    }),
    tenants: tenantTable,
  },
});

/** A third manager beside volumes and networks, on nothing but the kit: it answers for the slots of one rack. */
export const slotManager = defineManager({
  contract: slots,
  driver: rackDriver,
  store: slotStore,
  capabilities: z.object({ resources: z.record(z.string(), z.object({ total: z.number(), free: z.number() })) }),
  config: z.strictObject({
    units: z.number().default(42),
    quota: z.number().default(10),
    quotas: z.record(z.string(), z.number()).default({}),
  }),
  jobs: {
    "slot.placing": job<Placing>(),
    "slot.creating": job(),
    "slot.deleting": job<BeforeDeletion<typeof slotStore, "slots">>(),
  },
  setup(handles) {
    const { store, work, driver, address, config, capabilities, newId } = handles;
    const placed = new PlacementConfirmations(handles, "slots");

    async function report(): Promise<void> {
      await capabilities.measure(async () => {
        const rows = await store.selectFrom("slots").select("units").where("host", "=", address).execute();
        const total = config.current.units;
        return { resources: { units: { total, free: rows.reduce((free, { units }) => free - units, total) } } };
      });
      await capabilities.tell();
    }

    return {
      owner: async ({ id }) => (await store.get("slots", id)).host ?? address,
      operations: {
        async create({ name, units }, ctx) {
          const [id, tenant] = [newId(), tenantOf(ctx)];
          const job = await store.transaction(async (tx) => {
            await requireQuota(tx, tenant, {
              added: units,
              limit: limitOf(config.current.quotas, tenant, config.current.quota),
              used: () => sumRows(tx, "slots", "units", tenant),
              refuse: (counted) => ctx.fail("QUOTA_EXCEEDED", counted),
            });
            await tx.insert("slots", { id, tenant, name, units, status: "creating" });
            return work.begin(tx, "slot.placing", ...placing(id));
          });
          return placeAndBuild(handles, "slots", job, ctx, {
            placement: { manager: slots.name, request: id, needs: { units } },
            maxAttempts: () => 3,
            build: (at) => ctx.ref(slots).at(at).build({ id }),
            failed: (attempts) => ctx.fail("BUILD_FAILED", { id, attempts: [...attempts] }),
          });
        },
        async build({ id }, ctx) {
          requireDriver(handles);
          const { slot, job } = await store.transaction(async (tx) => {
            const { row, accepted } = await acceptPlaced(tx, "slots", id, address, ctx);
            return { slot: row, job: accepted ? await work.begin(tx, "slot.creating", id) : undefined };
          });
          if (!job) return slot;
          const built = await work.run(job, async ({ signal }) => {
            await driver.take(slot, { signal });
            return (tx) => changeIf(tx, "slots", id, "creating", { status: "available" });
          });
          await report();
          placed.made(ctx, id);
          return built;
        },
        get: ({ id }, ctx) => reachableRow(store, "slots", id, ctx),
        list: (query, ctx) => pageOf(store, "slots", query, ctx),
        async delete({ id }, ctx) {
          requireDriver(handles);
          const job = await store.transaction(async (tx) => {
            const { status: was, fault } = await reachableRow(tx, "slots", id, ctx);
            await work.requireReleased(tx, id);
            if (was !== "available" && was !== "error") ctx.fail("WRONG_STATUS", { status: was });
            await tx.update("slots", id, { status: "deleting" });
            return work.begin(tx, "slot.deleting", id, { was, fault });
          });
          await work.run(job, async ({ signal }) => {
            await driver.free({ id }, { signal });
            placed.gone(ctx, id);
            return (tx) => deleteIf(tx, "slots", id, "deleting");
          });
          await report();
        },
      },
      recover: {
        "slot.placing": (job, ctx) => recoverPlacing(store, "slots", job, ctx),
        "slot.creating": (job, ctx) => {
          placed.accepted(job.resource);
          const id = job.resource;
          const left = {
            exists: async (signal: AbortSignal) => (await driver.list({ signal })).includes(id),
            remove: (signal: AbortSignal) => driver.free({ id }, { signal }),
          };
          return recoverCreation(store, "slots", job, ctx, left, { keepRow: true });
        },
        "slot.deleting": (job, { signal }) =>
          recoverDeletion(store, "slots", job, () => driver.free({ id: job.resource }, { signal })),
      },
      periodic: {
        report: { every: "60s", immediately: true, run: report },
        confirmPlaces: { every: "5s", enabled: () => placed.waiting, run: (ctx) => placed.retry(ctx) },
      },
    };
  },
});
