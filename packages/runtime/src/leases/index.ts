export { type ClockReading, DatabaseClock } from "./database-clock.ts";
export type { HeldLease } from "./lease.ts";
export { Leases } from "./leases.ts";
export { type AcquireLease, type LeaseOptions, OwnLeases } from "./own-leases.ts";
