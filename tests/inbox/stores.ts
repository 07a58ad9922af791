import type { StoreBackend } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";

/** The real stores that the callee is tried on. */
export const backends = ["sqlite"] as const;

/** @param place a path */
export function openBackend(backend: string, place: string): StoreBackend {
  if (backend === "sqlite") return sqlite({ path: place });
  throw new Error(`backend: expected one of ${backends.join(", ")}, got "${backend}"`);
}
