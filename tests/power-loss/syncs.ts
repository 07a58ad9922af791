import type { Record } from "./write-log.ts";

type Synced = Extract<Record, { readonly kind: "synced" }>;

/** How many syncs of files with such a name have ended well. */
export function countSyncs(records: readonly Record[], ending: string): number {
  let count = 0;
  for (const [record, name] of syncsOf(records)) if (record.outcome === "done" && name.endsWith(ending)) count++;
  return count;
}

/** The same log, of a disk that did nothing in the syncs of files with such a name, and said that it did. "." is the directory. */
export function lying(records: readonly Record[], ending: string): readonly Record[] {
  const lies = new Set<Record>();
  for (const [record, name] of syncsOf(records)) if (name.endsWith(ending)) lies.add(record);
  return records.map((record) => (lies.has(record) ? { ...(record as Synced), outcome: "lied" } : record));
}

function* syncsOf(records: readonly Record[]): Iterable<readonly [Synced, name: string]> {
  const names = new Map<bigint, string>();
  for (const record of records) {
    if (record.kind === "named") names.set(record.file, record.name);
    // The directory is the one file that nothing named.
    if (record.kind === "synced") yield [record, names.get(record.file) ?? "."];
  }
}
