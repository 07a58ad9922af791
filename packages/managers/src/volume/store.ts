import { column, defineStore, type Row, table } from "@reeve/runtime";
import type { Fault, SnapshotStatus, VolumeStatus } from "./volume.ts";

/** The tables of the volume managers. Every volume manager of a control plane shares them; each changes only what it holds. */
export const volumeStore = defineStore("volume", {
  tables: {
    volumes: table(
      {
        id: column.text().primaryKey(),
        name: column.text(),
        tenant: column.text(),
        sizeGiB: column.real(),
        /** What quota and capacity count: the larger size from the moment an extension begins. */
        promisedGiB: column.real(),
        status: column.text<VolumeStatus>(),
        host: column.text().nullable(),
        connected: column.boolean().default(false),
        fault: column.json<Fault>().nullable(),
      },
      { indexes: [{ columns: ["tenant", "id"] }, { columns: ["host", "id"] }] },
    ),
    snapshots: table(
      {
        id: column.text().primaryKey(),
        volumeId: column.text(),
        name: column.text(),
        tenant: column.text(),
        sizeGiB: column.real(),
        status: column.text<SnapshotStatus>(),
        fault: column.json<Fault>().nullable(),
      },
      { indexes: [{ columns: ["tenant", "id"] }, { columns: ["volumeId", "id"] }] },
    ),
    /** One row per tenant, locked while its quota is counted. */
    tenants: table({ tenant: column.text().primaryKey() }),
  },
});

export type VolumeStore = typeof volumeStore;
export type VolumeRow = Row<VolumeStore, "volumes">;
export type SnapshotRow = Row<VolumeStore, "snapshots">;
