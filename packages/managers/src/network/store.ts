import { column, defineStore, type Row, table } from "@reeve/runtime";
import { tenantTable } from "../resource/index.ts";
import type { AddressMode, NetworkFault, Point, Pool, PortStatus, SegmentKind, Wire } from "./network.ts";

/** What a row of a network says of its segment, kept beyond that row. */
export interface SegmentColumns {
  readonly kind: SegmentKind;
  readonly vlanId: number | null;
  readonly physicalNetwork: string;
}

/**
 * The tables of the network managers, which all of a control plane share. A row is the claim itself: nothing is filled in
 * advance and nothing checked before it is inserted, because a key decides.
 */
export const networkStore = defineStore("network", {
  tables: {
    networks: table(
      {
        id: column.text().primaryKey(),
        tenant: column.text(),
        name: column.text(),
        kind: column.text<SegmentKind>(),
        physicalNetwork: column.text(),
        vlanId: column.integer().nullable(),
        mtu: column.integer(),
      },
      { indexes: [{ columns: ["tenant", "id"] }] },
    ),
    /** Which network has which segment; a flat network's VLAN id is 0. The row is the claim. */
    segments: table({
      physicalNetwork: column.text().primaryKey(),
      vlanId: column.integer().primaryKey(),
      networkId: column.text().unique(),
    }),
    subnets: table(
      {
        id: column.text().primaryKey(),
        networkId: column.text(),
        tenant: column.text(),
        name: column.text(),
        cidr: column.text(),
        /** The first and the last address as 32 hexadecimal digits, IPv4 mapped into IPv6: text that sorts as numbers do. */
        first: column.text(),
        last: column.text(),
        gateway: column.text().nullable(),
        pools: column.json<readonly Pool[]>(),
        reserved: column.json<readonly string[]>(),
        addressMode: column.text<AddressMode>(),
      },
      { indexes: [{ columns: ["networkId", "id"] }, { columns: ["tenant", "id"] }] },
    ),
    /** Which port has which address; `hex` as a subnet's `first`. The row is the claim; a port's stay the same while it lives. */
    addresses: table({
      subnetId: column.text().primaryKey(),
      hex: column.text().primaryKey(),
      ip: column.text(),
      portId: column.text().index(),
    }),
    ports: table(
      {
        id: column.text().primaryKey(),
        networkId: column.text(),
        tenant: column.text(),
        name: column.text(),
        mac: column.text(),
        status: column.text<PortStatus>(),
        generation: column.integer(),
        fault: column.json<NetworkFault>().nullable(),
      },
      {
        indexes: [
          { columns: ["networkId", "mac"], unique: true },
          { columns: ["networkId", "id"] },
          { columns: ["tenant", "id"] },
        ],
      },
    ),
    /** Where a port is, or is becoming or ceasing to be: one place at a time. */
    attachments: table(
      {
        portId: column.text().primaryKey(),
        networkId: column.text(),
        host: column.text(),
        generation: column.integer(),
        point: column.json<Point>(),
        /** `point` as text: ports at the same one share what it carries. */
        pointKey: column.text(),
        wire: column.json<Wire>().nullable(),
      },
      { indexes: [{ columns: ["host", "networkId", "pointKey"] }, { columns: ["networkId", "portId"] }] },
    ),
    /** Attachments that were forgotten while their host was away; each goes once its host has dropped it. */
    forgotten: table(
      {
        /** `<host>/<portId>`. */
        key: column.text().primaryKey(),
        host: column.text(),
        portId: column.text(),
        networkId: column.text(),
        segment: column.json<SegmentColumns>(),
        generation: column.integer(),
        point: column.json<Point>(),
        at: column.timestamp(),
        by: column.text(),
        reason: column.text(),
      },
      { indexes: [{ columns: ["host", "portId"] }] },
    ),
    /** Networks that a device would not let go of when their last port had left; each goes once its device has. */
    retained: table(
      {
        /** `<host>/<networkId>`. */
        key: column.text().primaryKey(),
        host: column.text(),
        networkId: column.text(),
        segment: column.json<SegmentColumns>(),
      },
      { indexes: [{ columns: ["host", "networkId"] }] },
    ),
    /** As what each device was seen last: a new incarnation has forgotten everything. */
    devices: table({ host: column.text().primaryKey(), incarnation: column.text() }),
    tenants: tenantTable,
  },
});

export type NetworkStore = typeof networkStore;
export type NetworkRow = Row<NetworkStore, "networks">;
export type SubnetRow = Row<NetworkStore, "subnets">;
export type PortRow = Row<NetworkStore, "ports">;
export type AttachmentRow = Row<NetworkStore, "attachments">;
export type RetainedRow = Row<NetworkStore, "retained">;
export type ForgottenRow = Row<NetworkStore, "forgotten">;
