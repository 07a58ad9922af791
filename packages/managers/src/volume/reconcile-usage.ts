import type { Transaction } from "@reeve/runtime";
import type { VolumeCreation } from "./creation.ts";
import type { VolumeHandles } from "./handles.ts";
import { homeOf } from "./home.ts";
import { leftoversHere, removeLeftovers } from "./leftovers.ts";
import { imageOf, standingOf, type Verdict, verdicts, wholeMiB } from "./reconciliation-table.ts";
import type { Reconnection } from "./reconnect.ts";
import type { SnapshotRow, VolumeRow, VolumeStore } from "./store.ts";
import { type SortedUnaccounted, sortUnaccounted, tombstonesHere } from "./tombstones.ts";
import { type Unaccounted, unaccountedOf } from "./unaccounted.ts";
import type { Fault } from "./volume.ts";

export interface Resized {
  readonly id: string;
  /** Of the row, before. */
  readonly sizeGiB: number;
  readonly imageGiB: number;
}

export interface Reconciliation {
  readonly unknown: string[];
  readonly missing: string[];
  readonly found: string[];
  readonly resized: Resized[];
  readonly unaccounted: Unaccounted[];
  /** Unaccounted for on purpose. */
  readonly forgotten: string[];
  readonly unmanaged: string[];
  /** Left behind by volumes that were built elsewhere; they are gone. */
  readonly removed: string[];
}

interface Held {
  readonly volumes: readonly VolumeRow[];
  readonly snapshots: readonly SnapshotRow[];
}

/** A row that the backend contradicts. */
type Judged = {
  readonly verdict: Verdict;
  /** Undefined when there is no image. */
  readonly imageGiB: number | undefined;
} & (
  | { readonly table: "volumes"; readonly row: VolumeRow }
  | { readonly table: "snapshots"; readonly row: SnapshotRow }
);

/** Who else knows of volumes that are here, or come to be. */
interface Reconciled {
  readonly reconnection: Reconnection;
  readonly creation: Pick<VolumeCreation, "isMaking">;
}

type Row = VolumeRow | SnapshotRow;
type Sizes = ReadonlyMap<string, number>;

/** Rows changed in one transaction: others' writes wait meanwhile. */
const batch = 500;

/**
 * Compares what the backend has with what it should have, and changes rows as {@link verdicts} says; images are never
 * touched. What is being worked on is not judged.
 */
export async function reconcileUsage(
  handles: VolumeHandles,
  { reconnection, creation }: Reconciled,
  signal: AbortSignal,
): Promise<Reconciliation> {
  const { driver, store } = handles;
  // Before and after the listing: what is made, removed or grown while it is taken must not look lost, unknown or wrong.
  const before = await heldHere(handles);
  const tombstones = await tombstonesHere(handles);
  const leftovers = await leftoversHere(handles);
  const images = await driver.list({ signal });
  const after = await heldHere(handles);
  const judged = [
    ...judge(before.volumes, after.volumes, sizesOf(images.volumes)).map((one) => ({ ...one, table: "volumes" })),
    ...judge(before.snapshots, after.snapshots, sizesOf(images.snapshots)).map((one) => ({
      ...one,
      table: "snapshots",
    })),
  ] as Judged[];
  const ready: Judged[] = [];
  for (const one of judged) if (await isReady(one, reconnection, signal)) ready.push(one);
  const amended: Judged[] = [];
  for (let at = 0; at < ready.length; at += batch) {
    const changed = await store.transaction(async (tx) => {
      const done: Judged[] = [];
      for (const one of ready.slice(at, at + batch)) if (await amend(tx, one)) done.push(one);
      return done;
    });
    amended.push(...changed);
  }
  const present = new Set([...images.volumes, ...images.snapshots].map(({ id }) => id));
  const isMaking = (id: string) => creation.isMaking(id);
  const removed = await removeLeftovers(handles, leftovers, { present, isMaking, signal });
  const left = new Set([...leftovers, ...(await leftoversHere(handles))].map(({ id }) => id));
  const unaccounted = (await unaccountedOf(handles, images, [before, after])).filter(({ id }) => !left.has(id));
  const sorted = await sortUnaccounted(
    handles,
    tombstones,
    present,
    unaccounted.map(({ id }) => id),
  );
  const unknown = new Set(sorted.unknown);
  return logged(
    handles,
    amended,
    { ...sorted, removed },
    unaccounted.filter(({ id }) => unknown.has(id)),
  );
}

function judge<R extends Row>(before: readonly R[], after: readonly R[], sizes: Sizes) {
  const earlier = new Map(before.map((row) => [row.id, row]));
  return after.flatMap((row) => {
    const was = earlier.get(row.id);
    const standing = standingOf(row);
    // Unsettled: its listing may be of before or after the change.
    if (!was || standing === undefined || standingOf(was) !== standing || was.sizeGiB !== row.sizeGiB) return [];
    const imageGiB = sizes.get(row.id);
    const verdict = verdicts[standing][imageOf(row.sizeGiB, imageGiB)];
    return verdict === "keep" ? [] : [{ verdict, row, imageGiB }];
  });
}

/** What was connected is given back when it is connected again, or will be. */
async function isReady(
  { verdict, table, row }: Judged,
  reconnection: Reconnection,
  signal: AbortSignal,
): Promise<boolean> {
  if (verdict !== "restore" || table !== "volumes" || !row.connected) return true;
  return (await reconnection.connect(row.id, "error", signal)) !== "refused";
}

/** Whether it was changed: somebody may have done so since it was looked at, whose word stands. */
async function amend(tx: Transaction<VolumeStore>, judged: Judged): Promise<boolean> {
  const { table, row } = judged;
  const { reservedGiB, ...changes } = changesOf(judged);
  if (table === "volumes") {
    const now = await tx.find("volumes", row.id);
    if (!now || !isSame(now, row) || now.host !== row.host) return false;
    await tx.update("volumes", row.id, reservedGiB === undefined ? changes : { ...changes, reservedGiB });
    return true;
  }
  const now = await tx.find("snapshots", row.id);
  if (!now || !isSame(now, row)) return false;
  await tx.update("snapshots", row.id, changes);
  return true;
}

interface Changes {
  readonly status?: "available" | "error";
  readonly fault?: Fault | null;
  readonly sizeGiB?: number;
  readonly reservedGiB?: number;
}

function changesOf({ verdict, row, imageGiB }: Judged): Changes {
  if (verdict === "lose") return { status: "error", fault: lost(row, imageGiB) };
  const size = imageOf(row.sizeGiB, imageGiB) === "larger" ? takenFrom(imageGiB!) : {};
  return verdict === "restore" ? { ...size, status: "available", fault: null } : size;
}

function takenFrom(imageGiB: number): Changes {
  const sizeGiB = wholeMiB(imageGiB);
  return { sizeGiB, reservedGiB: sizeGiB };
}

function lost({ sizeGiB }: Row, imageGiB: number | undefined): Fault {
  const message =
    imageGiB === undefined
      ? "the backend has lost its image"
      : `the backend has only ${imageGiB} GiB of its ${sizeGiB} GiB`;
  return { reason: "MISSING", message };
}

function isSame(now: Row, then: Row): boolean {
  const { status, sizeGiB, fault } = then;
  return now.status === status && now.sizeGiB === sizeGiB && now.fault?.reason === fault?.reason;
}

function logged(
  { log }: VolumeHandles,
  amended: readonly Judged[],
  sorted: SortedUnaccounted & Pick<Reconciliation, "removed">,
  unaccounted: Unaccounted[],
): Reconciliation {
  const ids = (verdict: Verdict) => amended.filter((one) => one.verdict === verdict).map(({ row }) => row.id);
  const resized = amended.flatMap(({ row: { id, sizeGiB }, imageGiB }) =>
    imageGiB === undefined || imageOf(sizeGiB, imageGiB) === "whole" ? [] : [{ id, sizeGiB, imageGiB }],
  );
  const result = { ...sorted, missing: ids("lose"), found: ids("restore"), resized, unaccounted };
  for (const [kind, list] of Object.entries(result)) {
    const level = kind === "unmanaged" || kind === "removed" ? "info" : "warn";
    if (list.length > 0)
      log[level]({ images: list.slice(0, 20), count: list.length }, `usage reconciled: ${kind} images`);
  }
  return result;
}

function sizesOf(images: readonly { readonly id: string; readonly sizeGiB: number }[]): Sizes {
  // A driver that says nothing sensible of a size says nothing of it: the image is there.
  return new Map(images.map(({ id, sizeGiB }) => [id, Number.isFinite(sizeGiB) ? sizeGiB : Number.NaN]));
}

async function heldHere(handles: VolumeHandles): Promise<Held> {
  const { store } = handles;
  const home = homeOf(handles);
  const volumes = await store.selectFrom("volumes").selectAll().where("host", "=", home).execute();
  const snapshots = await store
    .selectFrom("snapshots")
    .innerJoin("volumes", "volumes.id", "snapshots.volumeId")
    .selectAll("snapshots")
    .where("volumes.host", "=", home)
    .execute();
  return { volumes, snapshots };
}
