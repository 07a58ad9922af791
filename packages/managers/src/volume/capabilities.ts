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
  /** How much of that is in the making and not yet part of `provisionedBytes` and `freeBytes`. */
  unwrittenBytes: bytes.default(0),
  /** What placement leaves free: `reservedPercent` of the total. */
  reservedBytes: bytes,
  /** How much may be promised for each byte there is. */
  overcommitRatio: z.number(),
  /** Volumes held here, in whatever status. */
  volumes: z.number().int().nonnegative(),
  /** Those in the making, those not confirmed yet and the newest, by id: the figures count them, so their reservations are not counted beside them. */
  placed: z.array(z.string()).default([]),
  availabilityZone: z.string(),
  labels: z.record(z.string(), z.string()),
});
export type VolumeCapabilities = z.infer<typeof VolumeCapabilities>;
