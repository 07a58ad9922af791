import type { Context, Transaction } from "@reeve/runtime";
import type { VolumeHandles } from "./handles.ts";
import { homeOf } from "./home.ts";
import type { TombstoneRow, VolumeStore } from "./store.ts";
import type { TombstoneKind } from "./tombstone.ts";

interface Gone {
  readonly id: string;
  readonly volumeId: string | null;
}

interface Burial {
  readonly kind: TombstoneKind;
  readonly host: string;
  readonly reason: string;
  readonly at: Date;
}

/** Notes in the transaction that deletes the rows why no row accounts for their images any more. */
export async function bury(
  tx: Transaction<VolumeStore>,
  { principal }: Pick<Context, "principal">,
  { kind, host, reason, at }: Burial,
  gone: readonly Gone[],
): Promise<void> {
  const by = principal.user;
  for (const { id, volumeId } of gone) await tx.insert("tombstones", { id, volumeId, kind, host, at, by, reason });
}

/** The tombstones of this backend. */
export function tombstonesHere(handles: VolumeHandles): Promise<readonly TombstoneRow[]> {
  return handles.store.selectFrom("tombstones").selectAll().where("host", "=", homeOf(handles)).orderBy("id").execute();
}

/** Images of this backend that no row accounts for, by why that is so. */
export interface SortedUnaccounted {
  /** Nobody knows why. */
  readonly unknown: string[];
  /** They were forgotten while this host was away. */
  readonly forgotten: string[];
  /** They were unmanaged. */
  readonly unmanaged: string[];
}

/**
 * Sorts images that no row accounts for, and drops the tombstones whose image is gone.
 *
 * @param before the tombstones from before the images were listed: what was buried since may not be among them
 */
export async function sortUnaccounted(
  handles: VolumeHandles,
  before: readonly TombstoneRow[],
  present: ReadonlySet<string>,
  unaccounted: readonly string[],
): Promise<SortedUnaccounted> {
  const { store } = handles;
  const kinds = new Map((await tombstonesHere(handles)).map(({ id, kind }) => [id, kind]));
  const of = (wanted: TombstoneKind | undefined) => unaccounted.filter((id) => kinds.get(id) === wanted);
  const over = before.filter(({ id }) => !present.has(id)).map(({ id }) => id);
  if (over.length > 0) await store.transaction((tx) => dropTombstones(tx, over));
  return { unknown: of(undefined), forgotten: of("forgotten"), unmanaged: of("unmanaged") };
}

export async function dropTombstones(tx: Transaction<VolumeStore>, ids: readonly string[]): Promise<void> {
  for (const id of ids) await tx.deleteFrom("tombstones").where("id", "=", id).execute();
}
