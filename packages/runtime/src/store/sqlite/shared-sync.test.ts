import { reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { SharedSync } from "./shared-sync.ts";
import { nextSyncState, type SyncEvent, type SyncState } from "./sync-states.ts";

function stage() {
  const syncs: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const seen: string[] = [];
  const lost = reeveError("STORE_FAILED", "no");
  const shared = new SharedSync({
    begin: () => seen.push("begin"),
    sync: () => new Promise((resolve, reject) => syncs.push({ resolve, reject })),
    done: () => seen.push("done"),
    failed: () => lost,
  });
  const commit = (name: string) => {
    shared.committed();
    shared.whenLasting((error) => seen.push(error ? `${name} lost` : name));
  };
  return { syncs, seen, shared, commit, lost, settled: () => new Promise((resolve) => setImmediate(resolve)) };
}

test("a sync covers the commits made before it began; those made meanwhile share the next", async () => {
  const { syncs, seen, commit, settled } = stage();
  commit("a");
  commit("b");
  commit("c");
  expect([syncs.length, seen]).toEqual([1, ["begin"]]);
  syncs[0]!.resolve();
  await settled();
  expect([syncs.length, seen]).toEqual([2, ["begin", "done", "a", "begin"]]);
  syncs[1]!.resolve();
  await settled();
  expect(seen.slice(4)).toEqual(["done", "b", "c"]);
});

test("what only read waits for the last commit that it could see, and for nothing when all last", async () => {
  const { syncs, seen, shared, commit, settled } = stage();
  shared.whenLasting(() => seen.push("before"));
  commit("a");
  shared.whenLasting(() => seen.push("saw a"));
  commit("b");
  shared.whenLasting(() => seen.push("saw b"));
  expect(seen).toEqual(["before", "begin"]);
  syncs[0]!.resolve();
  await settled();
  expect(seen.slice(2)).toEqual(["done", "a", "saw a", "begin"]);
});

test("a sync that fails loses its commits and those made meanwhile, and no later sync makes up for it", async () => {
  const { syncs, seen, shared, commit, lost, settled } = stage();
  commit("a");
  commit("b");
  syncs[0]!.reject(new Error("EIO"));
  await settled();
  expect(seen).toEqual(["begin", "a lost", "b lost"]);
  expect(shared.lost).toBe(lost);
  commit("c");
  expect([syncs.length, seen.at(-1)]).toEqual([1, "c lost"]);
  shared.reopened();
  commit("d");
  syncs[1]!.resolve();
  await settled();
  expect(seen.slice(4)).toEqual(["begin", "done", "d"]);
});

test("a sync that ends well after its file was found gone acknowledges nothing, and is at rest before the file is opened again", async () => {
  const { syncs, seen, shared, commit, lost, settled } = stage();
  commit("a");
  shared.fail(lost);
  let rested = false;
  const rest = shared.rest().then(() => {
    rested = true;
  });
  await settled();
  expect([seen, rested]).toEqual([["begin", "a lost"], false]);
  syncs[0]!.resolve();
  await rest;
  expect(seen).toEqual(["begin", "a lost"]);
});

test("whatever the order of events, no sync begins beside another, and nothing is acknowledged but by one that ended well", () => {
  const states: SyncState[] = ["clean", "syncing", "behind", "failed"];
  const events: SyncEvent[] = ["committed", "synced", "failed", "reopened"];
  for (const state of states) {
    for (const event of events) {
      const [next, ...actions] = nextSyncState(state, event) ?? [state];
      const runs = state === "syncing" || state === "behind";
      if (actions.includes("start")) expect(runs && event !== "synced", `${state} ${event}`).toBe(false);
      if (actions.includes("acknowledge")) expect([runs, event], `${state} ${event}`).toEqual([true, "synced"]);
      if (event === "failed") expect(next, `${state} ${event}`).toBe("failed");
      if (state === "failed" && next !== "failed") expect(event).toBe("reopened");
    }
  }
});
