import type { NetworkHandles } from "./handles.ts";
import type { AttachmentRow, NetworkRow, PortRow } from "./store.ts";
import { type Wish, wishesOf } from "./wish.ts";

/** A port whose attachment names this host, in whatever state. */
export interface HeldPort {
  readonly port: PortRow;
  readonly place: AttachmentRow;
}

/** The ports of this host, by id. */
export async function heldHere({ store, address }: NetworkHandles): Promise<ReadonlyMap<string, HeldPort>> {
  // The attachments first: a port that is attached in between has no attachment here yet, and is left for the next time.
  const places = await store.selectFrom("attachments").selectAll().where("host", "=", address).execute();
  const ports = await store
    .selectFrom("ports")
    .innerJoin("attachments", "attachments.portId", "ports.id")
    .selectAll("ports")
    .where("attachments.host", "=", address)
    .execute();
  const byId = new Map(ports.map((port) => [port.id, port]));
  return new Map(
    places.flatMap((place) => {
      const port = byId.get(place.portId);
      return port ? [[place.portId, { port, place }] as const] : [];
    }),
  );
}

/** Whether its device is to carry it now: work on it is not under way, and nobody is told to detach it. */
export function isToBeCarried({ port, place }: HeldPort): boolean {
  if (port.generation !== place.generation) return false;
  return port.status === "active" || (port.status === "error" && port.fault?.reason === "LOST");
}

/** What those ports ask of the device, by network. */
export async function wishesByNetwork(
  { store }: NetworkHandles,
  held: readonly HeldPort[],
): Promise<ReadonlyMap<string, readonly Wish[]>> {
  const networks = await networksOf({ store }, held);
  const wanted = held.flatMap(({ port, place: { generation, point } }) => {
    const network = networks.get(port.networkId);
    return network ? [{ network, port, generation, point }] : [];
  });
  return Map.groupBy(await wishesOf(store, wanted), ({ segment }) => segment.networkId);
}

/** Networks that are asked for at once. */
const batch = 500;

/** The networks of those ports, by id. */
export async function networksOf(
  { store }: Pick<NetworkHandles, "store">,
  held: readonly HeldPort[],
): Promise<ReadonlyMap<string, NetworkRow>> {
  const ids = [...new Set(held.map(({ port }) => port.networkId))];
  const found: NetworkRow[] = [];
  for (let at = 0; at < ids.length; at += batch) {
    const some = ids.slice(at, at + batch);
    found.push(...(await store.selectFrom("networks").selectAll().where("id", "in", some).execute()));
  }
  return new Map(found.map((network) => [network.id, network]));
}
