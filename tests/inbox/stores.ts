import { postgres } from "@reeve/postgres";
import type { StoreBackend } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";

/** The real stores that a callee is tried on. */
export const backends = ["sqlite", "postgres"] as const;
export type Backend = (typeof backends)[number];

/** @param place a path, or a URL */
export function openBackend(backend: Backend, place: string): StoreBackend {
  return backend === "sqlite" ? sqlite({ path: place }) : postgres({ url: place });
}
