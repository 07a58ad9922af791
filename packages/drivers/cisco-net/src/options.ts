import { z } from "zod";

const vlanId = z.number().int().min(1).max(4094);

/** How `ciscoNet` is configured: one driver is one switch. */
export const CiscoNetOptions = z.strictObject({
  /** `https://switch-a.example:443`. */
  url: z.url({ protocol: /^https$/ }),
  username: z.string().min(1).max(255),
  password: z.string().min(1).max(255),
  /** Certificates that the switch's may be signed by, in PEM; default: those that Node trusts. */
  ca: z.string().optional(),
  /** The wiring that its ports belong to. */
  physicalNetwork: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "must be a name such as dc1"),
  /** Interfaces that this driver may change, as the switch names them: `Ethernet1/7`, `port-channel20`. */
  interfaces: z
    .array(
      z.string().regex(/^(Ethernet\d+(\/\d+){1,2}|port-channel\d+)$/, "must be such as Ethernet1/7 or port-channel20"),
    )
    .min(1),
  /** VLAN ids that networks may have here; a range holds both its ends. Default 2 to 4094, less what the switch reserves. */
  vlans: z.array(z.tuple([vlanId, vlanId])).default([[2, 4094]]),
});
export type CiscoNetOptions = z.output<typeof CiscoNetOptions>;
