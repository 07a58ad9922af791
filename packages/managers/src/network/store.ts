import { column, defineStore, type Row, table } from "@reeve/runtime";
import type { AddressMode, NetworkFault, Point, Pool, PortStatus, SegmentKind, Wire } from "./network.ts";

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
        /** Raised by whoever adds or removes a subnet or a port: so they go one after the other. */
        revision: column.integer(),
      },
      { indexes: [{ columns: ["tenant", "id"] }] },
    ),
    /** Who has which segment. The key is `<physicalNetwork>/<vlanId>`, a flat network's id being 0. */
    segments: table(
      {
        key: column.text().primaryKey(),
        physicalNetwork: column.text(),
        vlanId: column.integer(),
        networkId: column.text().unique(),
      },
      { indexes: [{ columns: ["physicalNetwork", "vlanId"], unique: true }] },
    ),
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
    /** Who has which address. The key is `<subnetId>/<hex>`. */
    addresses: table(
      {
        key: column.text().primaryKey(),
        subnetId: column.text(),
        hex: column.text(),
        ip: column.text(),
        portId: column.text(),
      },
      { indexes: [{ columns: ["subnetId", "hex"] }, { columns: ["portId", "key"] }] },
    ),
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
        segment: column.json<{
          readonly kind: SegmentKind;
          readonly vlanId: number | null;
          readonly physicalNetwork: string;
        }>(),
        generation: column.integer(),
        point: column.json<Point>(),
        at: column.timestamp(),
        by: column.text(),
        reason: column.text(),
      },
      { indexes: [{ columns: ["host", "portId"] }] },
    ),
    /** As what each device was seen last: a new incarnation has forgotten everything. */
    devices: table({ host: column.text().primaryKey(), incarnation: column.text() }),
    /** One row per tenant, locked while its quota is counted. */
    tenants: table({ tenant: column.text().primaryKey() }),
  },
});

export type NetworkStore = typeof networkStore;
export type NetworkRow = Row<NetworkStore, "networks">;
export type SubnetRow = Row<NetworkStore, "subnets">;
export type PortRow = Row<NetworkStore, "ports">;
export type AttachmentRow = Row<NetworkStore, "attachments">;
