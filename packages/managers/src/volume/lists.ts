import { pageOf, reachableRow } from "../resource/index.ts";
import type { VolumeHandles, VolumeOperations } from "./handles.ts";

/** Answers questions from what is committed, at any member, with or without a driver. */
export function lists({ store }: VolumeHandles): Pick<VolumeOperations, "get" | "list" | "listSnapshots"> {
  return {
    get: ({ id }, ctx) => reachableRow(store, "volumes", id, ctx),
    list: (query, ctx) => pageOf(store, "volumes", query, ctx),
    listSnapshots: (query, ctx) => pageOf(store, "snapshots", query, ctx),
  };
}
