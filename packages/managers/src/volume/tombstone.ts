import { z } from "zod";
import { VolumeId } from "./volume.ts";

/** `forgotten`: its host was gone for good. `unmanaged`: taken out of our hands, its image being kept on purpose. */
export const TombstoneKind = z.enum(["forgotten", "unmanaged"]);
export type TombstoneKind = z.infer<typeof TombstoneKind>;

/** Why no row accounts for an image: what is left of a volume or snapshot that was forgotten or unmanaged. */
export const Tombstone = z.object({
  id: VolumeId,
  /** Of the volume that the snapshot is of; null for a volume. */
  volumeId: VolumeId.nullable(),
  kind: TombstoneKind,
  /** The manager on whose backend the image is. */
  host: z.string(),
  at: z.date(),
  /** The user that said so. */
  by: z.string(),
  reason: z.string(),
});
export type Tombstone = z.infer<typeof Tombstone>;

/** What an operator writes down with an act that cannot be undone. */
export const Reason = z.string().trim().min(1).max(500);
