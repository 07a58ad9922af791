import { call, contract } from "@reeve/contract";
import { column, createSupervisor, defineManager, defineStore, type Store, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { z } from "zod";
import type { FailureInfo } from "./failure-info.ts";
import { tenantTable } from "./quota.ts";

type Status = "creating" | "available" | "deleting" | "error";

/** Slots that are placed on hosts, and labels that are nowhere. */
export const slotStore = defineStore("slot", {
  tables: {
    slots: table({
      id: column.text().primaryKey(),
      tenant: column.text().default("default"),
      units: column.real().default(1),
      status: column.text<Status>(),
      host: column.text().nullable(),
      fault: column.json<FailureInfo>().nullable(),
    }),
    labels: table({
      id: column.text().primaryKey(),
      slotId: column.text(),
      status: column.text<Status>(),
      fault: column.json<FailureInfo>().nullable(),
    }),
    tenants: tenantTable,
  },
});

export type SlotStore = typeof slotStore;

/** The tables on a real SQLite database, as a manager gets them. `await using` closes it. */
export async function openSlotStore() {
  const opened = Promise.withResolvers<Store<SlotStore>>();
  const holder = defineManager({
    contract: contract("slot", "1.0", { nothing: call({ input: z.object({}) }) }),
    store: slotStore,
    setup({ store }) {
      opened.resolve(store);
      return { operations: { nothing: async () => {} } };
    },
  });
  const supervisor = createSupervisor({ host: "a", store: sqlite({ path: ":memory:" }), log: { level: "silent" } });
  supervisor.spawn(holder);
  await supervisor.start();
  const store = await opened.promise;
  return { store, [Symbol.asyncDispose]: () => supervisor.stop() };
}
