export type { HeldLease } from "./lease.ts";
export { Leases } from "./leases.ts";
export { type AcquireLease, type AcquireOptions, OwnLeases } from "./own-leases.ts";
