import type { Store, Transaction } from "@reeve/runtime";
import type { Port } from "./network.ts";
import type { NetworkStore } from "./store.ts";

type Rows = Store<NetworkStore> | Transaction<NetworkStore>;

/**
 * Ports as they are shown, with their addresses and where they are, in the order of their ids; those that are gone are left out.
 * One statement, so that all of a port is of one moment.
 */
export async function shownPorts(rows: Rows, ids: readonly string[]): Promise<Port[]> {
  if (ids.length === 0) return [];
  const found = await rows
    .selectFrom("ports")
    .leftJoin("attachments", "attachments.portId", "ports.id")
    .leftJoin("addresses", "addresses.portId", "ports.id")
    .selectAll("ports")
    .select(["attachments.host", "attachments.wire", "addresses.subnetId", "addresses.ip"])
    .where("ports.id", "in", ids)
    .orderBy("ports.id")
    .orderBy("addresses.subnetId")
    .orderBy("addresses.hex")
    .execute();
  const byPort = Map.groupBy(found, ({ id }) => id);
  return [...byPort.values()].map((rows) => {
    const { subnetId, ip, wire, ...port } = rows[0]!;
    const addresses = rows.flatMap(({ subnetId, ip }) => (subnetId === null || ip === null ? [] : [{ subnetId, ip }]));
    return { ...port, addresses, wire: port.status === "active" ? wire : null };
  });
}

/** One port as it is shown; undefined when it is gone. */
export async function shownPort(rows: Rows, id: string): Promise<Port | undefined> {
  return (await shownPorts(rows, [id]))[0];
}
