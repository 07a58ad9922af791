import { markOf } from "@reeve/driver-sdk/network";
import type { Store } from "@reeve/runtime";
import type { NetworkStore } from "./store.ts";

/** Ids read at once: between two batches the loop turns. */
const batch = 1_000;

/**
 * Whose those marks are, of all ports or networks that there are. A mark tells no id, so all are gone through; where a device has
 * nothing strange nothing is asked.
 */
export async function knownByMark(
  store: Store<NetworkStore>,
  table: "ports" | "networks",
  marks: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const known = new Map<string, string>();
  let after = "";
  while (known.size < marks.size) {
    const rows = await store
      .selectFrom(table)
      .select("id")
      .where("id", ">", after)
      .orderBy("id")
      .limit(batch)
      .execute();
    for (const { id } of rows) {
      const mark = markOf(id);
      if (marks.has(mark)) known.set(mark, id);
    }
    if (rows.length < batch) break;
    after = rows.at(-1)!.id;
  }
  return known;
}
