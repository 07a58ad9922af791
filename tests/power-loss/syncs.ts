import type { Record } from "./write-log.ts";

/** How many syncs of files with such a name have ended well. */
export function countSyncs(records: readonly Record[], ending: string): number {
  const names = new Map<bigint, string>();
  let count = 0;
  for (const record of records) {
    if (record.kind === "named") names.set(record.file, record.name);
    if (record.kind === "synced" && record.outcome === "done" && names.get(record.file)?.endsWith(ending)) count++;
  }
  return count;
}
