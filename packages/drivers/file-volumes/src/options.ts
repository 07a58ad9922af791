import { z } from "zod";

/** How `fileVolumes` is configured. */
export const FileVolumesOptions = z.strictObject({
  /** An existing directory that belongs to this driver alone. Never created: an empty directory in place of a missing mount would pass for lost volumes. */
  root: z
    .string()
    .min(1)
    .refine((path) => !path.includes("\0"), { error: "a path has no NUL" }),
  /** `sparse` (default): storage is taken when it is written. `full`: storage is reserved at once, by `fallocate`, and a volume's writes cannot run out of it. */
  allocation: z.enum(["sparse", "full"]).default("sparse"),
  /** Whether to refuse the root while no file system is mounted on it. A bind mount of the same file system does not count. Default false. */
  mountPoint: z.boolean().default(false),
});

export type Allocation = z.output<typeof FileVolumesOptions>["allocation"];
