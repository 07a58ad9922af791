import type { AttachmentSpec, DetachSpec, Segment, SegmentKey, SegmentSpec } from "@reeve/driver-sdk/network";
import type { Store, Transaction } from "@reeve/runtime";
import type { Point } from "./network.ts";
import type { AttachmentRow, NetworkRow, NetworkStore, PortRow } from "./store.ts";

/** Either reads what is committed, or what its transaction sees. */
type Rows = Pick<Store<NetworkStore> | Transaction<NetworkStore>, "selectFrom">;

/** What an attachment's row says of where it is. */
export type Place = Pick<AttachmentRow, "portId" | "generation" | "point">;

/** All that a device is told of a port that it is to carry. */
export interface Wish {
  readonly segment: SegmentSpec;
  readonly attachment: AttachmentSpec;
}

export function segmentOf({ kind, vlanId }: Pick<NetworkRow, "kind" | "vlanId">): Segment {
  return kind === "flat" ? { kind } : { kind, vlanId: vlanId! };
}

export function segmentKeyOf(network: Pick<NetworkRow, "id" | "kind" | "vlanId" | "physicalNetwork">): SegmentKey {
  return { networkId: network.id, segment: segmentOf(network), physicalNetwork: network.physicalNetwork };
}

function segmentSpecOf(network: NetworkRow): SegmentSpec {
  return { ...segmentKeyOf(network), mtu: network.mtu, name: network.name };
}

export function detachSpecOf(place: Place, segment: SegmentKey, last: boolean): DetachSpec {
  const { portId, generation, point } = place;
  return { portId, generation, ...segment, point, last };
}

/** What a port at that place asks of its device. */
export async function wishOf(
  rows: Rows,
  network: NetworkRow,
  port: PortRow,
  { generation, point }: Omit<Place, "portId">,
): Promise<Wish> {
  const [wish] = await wishesOf(rows, [{ network, port, generation, point }]);
  return wish!;
}

interface Wanted {
  readonly network: NetworkRow;
  readonly port: PortRow;
  readonly generation: number;
  readonly point: Point;
}

/** Ports whose addresses are asked for at once. */
const batch = 500;

/** What ports ask of their device, in the order given. */
export async function wishesOf(rows: Rows, wanted: readonly Wanted[]): Promise<Wish[]> {
  const wishes: Wish[] = [];
  for (let at = 0; at < wanted.length; at += batch) {
    const some = wanted.slice(at, at + batch);
    const found = await addressesOf(
      rows,
      some.map(({ port }) => port.id),
    );
    for (const { network, port, generation, point } of some) {
      const segment = segmentSpecOf(network);
      const { name: _, ...key } = segment;
      const own = found.get(port.id) ?? [];
      const gateways = [...new Set(own.flatMap(({ gateway }) => gateway ?? []))];
      const addresses = own.map(({ ip, cidr }) => `${ip}/${prefixLengthOf(cidr)}`);
      const { id: portId, mac } = port;
      wishes.push({ segment, attachment: { portId, generation, ...key, mac, addresses, gateways, point } });
    }
  }
  return wishes;
}

interface Address {
  readonly portId: string;
  readonly ip: string;
  readonly cidr: string;
  readonly gateway: string | null;
}

async function addressesOf(rows: Rows, portIds: readonly string[]): Promise<ReadonlyMap<string, readonly Address[]>> {
  const found: Address[] = await rows
    .selectFrom("addresses")
    .innerJoin("subnets", "subnets.id", "addresses.subnetId")
    .select(["addresses.portId as portId", "addresses.ip as ip", "subnets.cidr as cidr", "subnets.gateway as gateway"])
    .where("addresses.portId", "in", portIds)
    .orderBy("addresses.subnetId")
    .orderBy("addresses.hex")
    .execute();
  return Map.groupBy(found, ({ portId }) => portId);
}

function prefixLengthOf(cidr: string): string {
  return cidr.slice(cidr.indexOf("/") + 1);
}
