import type { Transaction } from "@reeve/runtime";
import type { VolumeHandles } from "./handles.ts";
import { changeSnapshot, changeVolume } from "./status.ts";
import type { SnapshotRow, VolumeRow, VolumeStore } from "./store.ts";
import { sortUnaccounted, tombstonesHere } from "./tombstones.ts";
import type { Fault } from "./volume.ts";

export interface Recount {
  readonly unknown: string[];
  readonly missing: string[];
  readonly found: string[];
  /** Unaccounted for on purpose. */
  readonly forgotten: string[];
  readonly unmanaged: string[];
}

interface Held {
  readonly volumes: readonly VolumeRow[];
  readonly snapshots: readonly SnapshotRow[];
}

type Row = VolumeRow | SnapshotRow;

/** Rows changed in one transaction: others' writes wait meanwhile. */
const batch = 500;
const lost: Fault = { reason: "MISSING", message: "the backend has lost its image" };

/**
 * Compares what the backend has with what it should have. Images nobody accounts for are reported and left alone; what
 * should be there and is not becomes `error`, and available again once it is. What is being worked on is not judged.
 */
export async function recount(handles: VolumeHandles, signal: AbortSignal): Promise<Recount> {
  const { driver, store, log } = handles;
  // Before and after the listing: what is made or removed while it is taken must not look lost or unknown.
  const before = await heldHere(handles);
  const tombstones = await tombstonesHere(handles);
  const images = await driver.list({ signal });
  const after = await heldHere(handles);
  const known = new Set(
    [before, after].flatMap(({ volumes, snapshots }) => [...volumes, ...snapshots].map(({ id }) => id)),
  );
  const present = new Set([...images.volumes, ...images.snapshots].map(({ id }) => id));
  const volumes = compare(before.volumes, after.volumes, present);
  const snapshots = compare(before.snapshots, after.snapshots, present);
  const changes = [
    ...volumes.missing.map(({ id }) => lose(changeVolume, id)),
    ...snapshots.missing.map(({ id }) => lose(changeSnapshot, id)),
    ...volumes.found.map(({ id }) => find(changeVolume, id)),
    ...snapshots.found.map(({ id }) => find(changeSnapshot, id)),
  ];
  for (let at = 0; at < changes.length; at += batch) {
    await store.transaction(async (tx) => {
      for (const change of changes.slice(at, at + batch)) await change(tx);
    });
  }
  const ids = (rows: readonly Row[]) => rows.map(({ id }) => id);
  const unaccounted = [...present].filter((id) => !known.has(id));
  const result = {
    ...(await sortUnaccounted(handles, tombstones, present, unaccounted)),
    missing: [...ids(volumes.missing), ...ids(snapshots.missing)],
    found: [...ids(volumes.found), ...ids(snapshots.found)],
  };
  for (const [kind, list] of Object.entries(result)) {
    const level = kind === "unmanaged" ? "info" : "warn";
    if (list.length > 0) log[level]({ ids: list.slice(0, 20), count: list.length }, `recounted: ${kind} images`);
  }
  return result;
}

function compare(before: readonly Row[], after: readonly Row[], present: ReadonlySet<string>) {
  const settled = new Set(before.filter(({ status }) => status === "available").map(({ id }) => id));
  return {
    missing: after.filter(({ id, status }) => status === "available" && settled.has(id) && !present.has(id)),
    found: after.filter(
      ({ id, status, fault }) => status === "error" && fault?.reason === "MISSING" && present.has(id),
    ),
  };
}

type Change = typeof changeVolume | typeof changeSnapshot;

function lose(change: Change, id: string) {
  return (tx: Transaction<VolumeStore>) => change(tx, id, "available", { status: "error", fault: lost });
}

function find(change: Change, id: string) {
  return (tx: Transaction<VolumeStore>) => change(tx, id, "error", { status: "available", fault: null });
}

async function heldHere({ store, address }: VolumeHandles): Promise<Held> {
  const volumes = await store.selectFrom("volumes").selectAll().where("host", "=", address).execute();
  const snapshots = await store
    .selectFrom("snapshots")
    .innerJoin("volumes", "volumes.id", "snapshots.volumeId")
    .selectAll("snapshots")
    .where("volumes.host", "=", address)
    .execute();
  return { volumes, snapshots };
}
