import { z } from "zod";

const bytes = z.number().int().nonnegative();

/** What a volume driver's device holds, in bytes. The scheduler places by it. */
export const VolumeStats = z
  .object({
    totalBytes: bytes,
    /** What can still be written now. */
    freeBytes: bytes,
    /** Sum of the sizes that volumes and snapshots promise; above `totalBytes` when storage is thin. */
    provisionedBytes: bytes,
  })
  .refine(({ freeBytes, totalBytes }) => freeBytes <= totalBytes, {
    path: ["freeBytes"],
    error: "more is free than there is",
  });

export type VolumeStats = z.infer<typeof VolumeStats>;
