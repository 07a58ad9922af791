import { isAbsolute } from "node:path";
import { z } from "zod";

const quota = z.number().nonnegative();

/** How a volume manager is configured where it is spawned. Read again at each reset. */
export const VolumeConfig = z.strictObject({
  /** What a tenant's volumes and snapshots may promise together. Default 1000, as in Cinder. */
  quotaGiB: quota.default(1000),
  /** Tenants with a quota of their own, by name; `default` is that of what has no tenant. */
  quotas: z.record(z.string(), quota).default({}),
  /** On how many backends a create is tried before it fails. Default 3, as in Cinder. */
  maxAttempts: z.number().int().positive().max(100).default(3),
  /** Where exports go and imports come from, for all tenants: an absolute path on the manager's host. Absent: neither is offered. */
  exportDirectory: z.string().refine(isAbsolute, "must be an absolute path").optional(),
  /** How much may be promised for each byte there is; above 1 only where storage is thin. Default 1. */
  overcommitRatio: z.number().min(1).max(1000).default(1),
  /** The share of the device that placement leaves free, in percent. Default 0. */
  reservedPercent: z.number().min(0).max(100).default(0),
  availabilityZone: z.string().min(1).max(63).default("default"),
  /** What requests may ask for, such as `{ media: "ssd" }`. */
  labels: z.record(z.string().max(63), z.string().max(255)).default({}),
});
export type VolumeConfig = z.infer<typeof VolumeConfig>;
