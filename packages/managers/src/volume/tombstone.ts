import { z } from "zod";
import { ResourceId } from "../resource/index.ts";

/** `forgotten`: its host was gone for good. `unmanaged`: taken out of our hands, its image being kept on purpose. */
export const TombstoneKind = z.enum(["forgotten", "unmanaged"]);
export type TombstoneKind = z.infer<typeof TombstoneKind>;

/** Why no row accounts for an image: what is left of a volume or snapshot that was forgotten or unmanaged. */
export const Tombstone = z.object({
  id: ResourceId,
  /** Of the volume that the snapshot is of; null for a volume. */
  volumeId: ResourceId.nullable(),
  kind: TombstoneKind,
  /** The manager on whose backend the image is. */
  host: z.string(),
  at: z.date(),
  /** The user that said so. */
  by: z.string(),
  reason: z.string(),
});
export type Tombstone = z.infer<typeof Tombstone>;
