import { z } from "zod";

/** How `fileVolumes` is configured. */
export const FileVolumesOptions = z.strictObject({
  /** An existing directory that belongs to this manager alone, or with `shared` to its cluster. Never created: an empty directory in place of a missing mount would pass for lost volumes. */
  root: z
    .string()
    .min(1)
    .refine((path) => !path.includes("\0"), { error: "a path has no NUL" }),
  /** `sparse` (default): storage is taken when it is written. `full`: storage is reserved at once, by `fallocate`, and a volume's writes cannot run out of it. */
  allocation: z.enum(["sparse", "full"]).default("sparse"),
  /** Whether to refuse the root while no file system is mounted on it. A bind mount of the same file system does not count. Default false. */
  mountPoint: z.boolean().default(false),
  /** Whether members of one cluster have the root at the same time, on one host or over a network file system, each at an address of its own. Then the driver fences; it needs `fallocate` (util-linux) and a file system that can do it. Default false. */
  shared: z.boolean().default(false),
});

export type Allocation = z.output<typeof FileVolumesOptions>["allocation"];
