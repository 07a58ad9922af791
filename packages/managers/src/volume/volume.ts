import { z } from "zod";

/** Identities of volumes and snapshots: ULIDs when made here; any id that every driver takes. */
export const VolumeId = z.string().regex(/^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$/, "must be an id");

/** What people call a volume or a snapshot; need not be unique. */
export const VolumeName = z.string().min(1).max(255);

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

/** Why something is in `error`. */
export const Fault = z.object({
  /**
   * - `FAILED`: the driver could not do it.
   * - `INTERRUPTED`: the manager crashed in the middle and what was begun has been removed.
   * - `MISSING`: it was there and the backend has it no more. It becomes available when it turns up again.
   */
  reason: z.enum(["FAILED", "INTERRUPTED", "MISSING"]),
  message: z.string(),
});
export type Fault = z.infer<typeof Fault>;

export const Volume = z.object({
  id: VolumeId,
  name: VolumeName,
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
  id: VolumeId,
  volumeId: VolumeId,
  name: VolumeName,
  tenant: z.string(),
  sizeGiB: SizeGiB,
  status: SnapshotStatus,
  fault: Fault.nullable(),
});
export type Snapshot = z.infer<typeof Snapshot>;
