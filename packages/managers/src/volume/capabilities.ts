import { z } from "zod";

const bytes = z.number().int().nonnegative();

/** What a volume manager tells the schedulers about its backend. */
export const VolumeCapabilities = z.object({
  totalBytes: bytes,
  /** What can still be written now. */
  freeBytes: bytes,
  /** What the images on the device promise, as the driver measures it. */
  provisionedBytes: bytes,
  /** What the volumes and snapshots held here promise, those in the making included. */
  allocatedBytes: bytes,
  /** What placement leaves free: `reservedPercent` of the total. */
  reservedBytes: bytes,
  /** How much may be promised for each byte there is. */
  overcommitRatio: z.number(),
  /** Volumes held here, in whatever status. */
  volumes: z.number().int().nonnegative(),
  availabilityZone: z.string(),
  labels: z.record(z.string(), z.string()),
});
export type VolumeCapabilities = z.infer<typeof VolumeCapabilities>;
