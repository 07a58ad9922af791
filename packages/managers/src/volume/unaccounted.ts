import type { Inventory } from "@reeve/driver-sdk/volume";
import type { VolumeHandles } from "./handles.ts";

/** An image that no row held here accounts for. */
export interface Unaccounted {
  readonly kind: "volume" | "snapshot";
  readonly id: string;
  /** Absent when the driver says nothing sensible. */
  readonly sizeGiB?: number;
  /** Of a snapshot. */
  readonly volumeId?: string;
  /** The host that its row names; null when the row names none, and absent when there is no row. */
  readonly host?: string | null;
}

interface Known {
  readonly volumes: readonly { readonly id: string }[];
  readonly snapshots: readonly { readonly id: string }[];
}

/** Ids asked for at once. */
const batch = 500;

/** What lies here and is nobody's here, with whose it is where the store knows. For people to decide on: nothing is removed. */
export async function unaccountedOf(
  handles: VolumeHandles,
  images: Inventory,
  held: readonly Known[],
): Promise<Unaccounted[]> {
  const volumes = without(images.volumes, new Set(held.flatMap((rows) => rows.volumes.map(({ id }) => id))));
  const snapshots = without(images.snapshots, new Set(held.flatMap((rows) => rows.snapshots.map(({ id }) => id))));
  const ofVolumes = await hosts(volumes, (ids) => volumeHosts(handles, ids));
  const ofSnapshots = await hosts(snapshots, (ids) => snapshotHosts(handles, ids));
  return [
    ...volumes.map(({ id, ...image }) => ({ kind: "volume" as const, id, ...sizeOf(image), ...ofVolumes.get(id) })),
    ...snapshots.map(({ id, volumeId, ...image }) => ({
      kind: "snapshot" as const,
      id,
      volumeId,
      ...sizeOf(image),
      ...ofSnapshots.get(id),
    })),
  ];
}

function without<I extends { readonly id: string }>(images: readonly I[], known: ReadonlySet<string>): readonly I[] {
  return images.filter(({ id }) => !known.has(id));
}

function sizeOf({ sizeGiB }: { readonly sizeGiB: number }): { readonly sizeGiB?: number } {
  return Number.isFinite(sizeGiB) ? { sizeGiB } : {};
}

type Hosts = readonly { readonly id: string; readonly host: string | null }[];

async function hosts(
  images: readonly { readonly id: string }[],
  ask: (ids: readonly string[]) => Promise<Hosts>,
): Promise<ReadonlyMap<string, { readonly host: string | null }>> {
  const found = new Map<string, { readonly host: string | null }>();
  for (let at = 0; at < images.length; at += batch) {
    const ids = images.slice(at, at + batch).map(({ id }) => id);
    for (const { id, host } of await ask(ids)) found.set(id, { host });
  }
  return found;
}

function volumeHosts({ store }: VolumeHandles, ids: readonly string[]): Promise<Hosts> {
  return store.selectFrom("volumes").select(["id", "host"]).where("id", "in", ids).execute();
}

function snapshotHosts({ store }: VolumeHandles, ids: readonly string[]): Promise<Hosts> {
  return store
    .selectFrom("snapshots")
    .innerJoin("volumes", "volumes.id", "snapshots.volumeId")
    .select(["snapshots.id as id", "volumes.host as host"])
    .where("snapshots.id", "in", ids)
    .execute();
}
