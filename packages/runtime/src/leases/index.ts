export type { HeldLease, LeaseHolder } from "./lease.ts";
export { Leases } from "./leases.ts";
