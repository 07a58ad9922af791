import type { VolumeHandles } from "./handles.ts";
import { homeOf } from "./home.ts";
import type { LeftoverRow } from "./store.ts";

/** What may lie here of volumes that were built elsewhere, because this host was gone while it built them. */
export function leftoversHere(handles: VolumeHandles): Promise<readonly LeftoverRow[]> {
  return handles.store.selectFrom("leftovers").selectAll().where("host", "=", homeOf(handles)).orderBy("id").execute();
}

/** What a reconciliation knows of this backend. */
export interface Found {
  /** The ids of its images. */
  readonly present: ReadonlySet<string>;
  /** Whether this manager makes an image right now: it may appear yet. */
  readonly isMaking: (id: string) => boolean;
  readonly signal: AbortSignal;
}

/**
 * Removes the images of leftovers. Nobody was ever told that one of them is a volume: what was committed says that it is elsewhere.
 *
 * @param before the leftovers from before the images were listed: one that was noted since may not be among them
 * @returns the ids of the images that were removed
 */
export async function removeLeftovers(
  handles: VolumeHandles,
  before: readonly LeftoverRow[],
  { present, isMaking, signal }: Found,
): Promise<string[]> {
  const { store, driver, log } = handles;
  const home = homeOf(handles);
  const removed: string[] = [];
  for (const { id, host } of before) {
    if (isMaking(id)) continue;
    const held = (await store.find("volumes", id))?.host === home;
    try {
      if (present.has(id) && !held) {
        await driver.delete({ id }, { signal });
        removed.push(id);
      }
      await store.transaction((tx) => tx.delete("leftovers", { host, id }));
    } catch (err) {
      log.warn({ id, err }, "a volume that was built elsewhere has left an image here, which could not be removed");
    }
  }
  return removed;
}
