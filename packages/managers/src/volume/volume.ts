import { z } from "zod";
import { failureInfo, ResourceId, ResourceName } from "../resource/index.ts";

/** GiB in whole MiB (multiples of 1/1024), up to 4 PiB: what every driver can make exactly. */
export const SizeGiB = z
  .number()
  .positive()
  .max(2 ** 22)
  .refine((size) => Number.isInteger(size * 1024), "must be in whole MiB, a multiple of 1/1024");

/**
 * Where a volume is in its life. While it is anything but `available` or `error`, work on it has begun and not ended,
 * and whatever crashes, that work is finished, undone or marked `error`.
 */
export const VolumeStatus = z.enum(["creating", "available", "extending", "exporting", "deleting", "error"]);
export type VolumeStatus = z.infer<typeof VolumeStatus>;

export const SnapshotStatus = z.enum(["creating", "available", "deleting", "error"]);
export type SnapshotStatus = z.infer<typeof SnapshotStatus>;

/** Why something is in `error`. `MISSING`: it was there and the backend has it no more. It becomes available when it turns up again. */
export const Fault = failureInfo("MISSING");
export type Fault = z.infer<typeof Fault>;

export const Volume = z.object({
  id: ResourceId,
  name: ResourceName,
  tenant: z.string(),
  sizeGiB: SizeGiB,
  status: VolumeStatus,
  /** The manager that holds it; null until one has accepted it, and when none does any more. */
  host: z.string().nullable(),
  /** Whether its host has it connected; it cannot be deleted then. */
  connected: z.boolean(),
  fault: Fault.nullable(),
});
export type Volume = z.infer<typeof Volume>;

export const Snapshot = z.object({
  id: ResourceId,
  volumeId: ResourceId,
  name: ResourceName,
  tenant: z.string(),
  sizeGiB: SizeGiB,
  status: SnapshotStatus,
  fault: Fault.nullable(),
});
export type Snapshot = z.infer<typeof Snapshot>;
