import { z } from "zod";

const linkName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/, "must be the name of a network interface");

/** How `linuxNet` is configured. */
export const LinuxNetOptions = z.strictObject({
  /** The wiring that this host is connected to, by name. */
  physicalNetworks: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "must be a name such as dc1"),
      z.strictObject({
        /** The interface that leads there; it must have no addresses and no master. Absent: ports of this host only reach each other. */
        uplink: linkName.optional(),
      }),
    )
    .refine((them) => new Set(uplinks(them)).size === uplinks(them).length, "an uplink leads to one physical network"),
  /** The interface group that marks what is ours: of all drivers on this host, another one's. Default 7238. */
  group: z.number().int().min(1).max(0x7fff_ffff).default(7238),
  /** Who may open the tap devices beside root: the user that runs the virtual machines. Default `root`. */
  tapUser: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/, "must be the name or number of a user")
    .default("root"),
});
export type LinuxNetOptions = z.output<typeof LinuxNetOptions>;

function uplinks(them: Readonly<Record<string, { uplink?: string | undefined }>>): string[] {
  return Object.values(them).flatMap(({ uplink }) => uplink ?? []);
}
