/**
 * What is known of the commits of a file:
 *
 * | state | committed | synced | failed | reopened |
 * |---|---|---|---|---|
 * | `clean`: all are synced | `syncing`, start | | `failed` | |
 * | `syncing`: a sync runs that covers all | `behind` | `clean`, acknowledge | `failed`, reject | |
 * | `behind`: a sync runs, some came after it began | `behind` | `syncing`, acknowledge, start | `failed`, reject | |
 * | `failed`: the disk may not have what was committed | | | `failed` | `clean` |
 *
 * A sync covers the commits that were made before it began, and no other. One that failed is never taken for done by a later
 * one that succeeds: the kernel reports what it could not write once, and forgets it.
 */
export type SyncState = "clean" | "syncing" | "behind" | "failed";
export type SyncEvent = "committed" | "synced" | "failed" | "reopened";
export type SyncAction = "start" | "acknowledge" | "reject";

type Step = readonly [SyncState, ...SyncAction[]];

const table: Readonly<Record<SyncState, Partial<Record<SyncEvent, Step>>>> = {
  clean: { committed: ["syncing", "start"], failed: ["failed"] },
  syncing: { committed: ["behind"], synced: ["clean", "acknowledge"], failed: ["failed", "reject"] },
  behind: { committed: ["behind"], synced: ["syncing", "acknowledge", "start"], failed: ["failed", "reject"] },
  failed: { failed: ["failed"], reopened: ["clean"] },
};

/** The state after an event, and what is to be done; undefined where the event has no meaning. */
export function nextSyncState(state: SyncState, event: SyncEvent): Step | undefined {
  return table[state][event];
}
