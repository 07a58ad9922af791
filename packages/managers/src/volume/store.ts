import { column, defineStore, type Row, table } from "@reeve/runtime";
import { tenantTable } from "../resource/index.ts";
import type { TombstoneKind } from "./tombstone.ts";
import type { Fault, SnapshotStatus, VolumeStatus } from "./volume.ts";

/** The tables of the volume managers. Every volume manager of a database shares them; each changes what it, or its cluster, holds, and settles what those that are gone were placing. */
export const volumeStore = defineStore("volume", {
  tables: {
    volumes: table(
      {
        id: column.text().primaryKey(),
        name: column.text(),
        tenant: column.text(),
        sizeGiB: column.real(),
        /** What quota and capacity count: the larger size from the moment an extension begins. */
        reservedGiB: column.real(),
        status: column.text<VolumeStatus>(),
        host: column.text().nullable(),
        connected: column.boolean().default(false),
        fault: column.json<Fault>().nullable(),
        /** It was to be deleted while its host was gone, which does so when it is back. */
        deferred: column.boolean().default(false).since(3),
        /** The address of the manager that places it; null once it is built, and where it was not placed. */
        placer: column.text().nullable().since(3),
        /** The volume that it was made from. While it is made, that one stays as it is. */
        sourceId: column.text().nullable().since(3),
        /** The member of the cluster that has it connected; null where nobody has, or from before version 3. */
        connectedTo: column.text().nullable().since(3),
      },
      {
        indexes: [
          { columns: ["tenant", "id"] },
          { columns: ["host", "id"] },
          { columns: ["placer", "id"], since: 3 },
          { columns: ["sourceId", "id"], since: 3 },
        ],
      },
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
        /** As a volume's. */
        deferred: column.boolean().default(false).since(3),
      },
      { indexes: [{ columns: ["tenant", "id"] }, { columns: ["volumeId", "id"] }] },
    ),
    /**
     * Images that no row accounts for any more, on purpose. Each goes with its image: when an operator has it removed, or when a
     * reconciliation no longer finds it. Those of a host that never comes back stay.
     */
    tombstones: table(
      {
        /** Of the volume, or of the snapshot. */
        id: column.text().primaryKey(),
        /** Of the volume that the snapshot is of; null for a volume. */
        volumeId: column.text().nullable(),
        kind: column.text<TombstoneKind>(),
        /** The manager on whose backend the image is. */
        host: column.text(),
        at: column.timestamp(),
        by: column.text(),
        reason: column.text(),
      },
      { since: 2, indexes: [{ columns: ["host", "id"] }] },
    ),
    /**
     * Images that a host may have of volumes that were taken from it while it was gone, and built elsewhere. The host removes them
     * itself when it is back, and the rows with them. Those of a host that never comes back stay.
     */
    leftovers: table(
      { host: column.text().primaryKey(), id: column.text().primaryKey(), at: column.timestamp() },
      { since: 3 },
    ),
    /** One row per tenant, locked while its quota is counted. */
    tenants: tenantTable,
  },
});

export type VolumeStore = typeof volumeStore;
export type VolumeRow = Row<VolumeStore, "volumes">;
export type TombstoneRow = Row<VolumeStore, "tombstones">;
export type LeftoverRow = Row<VolumeStore, "leftovers">;
export type SnapshotRow = Row<VolumeStore, "snapshots">;
