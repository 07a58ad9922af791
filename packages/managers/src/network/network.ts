import type { DriverError } from "@reeve/driver-sdk";
import { requirePoint } from "@reeve/driver-sdk/network";
import { z } from "zod";
import { failureInfo, ResourceId, ResourceName } from "../resource/index.ts";
import { addressOf, readAddress, textOf } from "./addresses/address.ts";

export const NetworkId = ResourceId;
export const SubnetId = ResourceId;
export const PortId = ResourceId;

/** What people call something; need not be unique. */
export const Name = ResourceName;
/** The wiring that networks lie on, as managers' configurations and drivers' options name it. */
export const PhysicalNetwork = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "must be a name such as dc1");
export const VlanId = z.number().int().min(1).max(4094);
/** In bytes. 68 is the least that IPv4 works with, 9216 the most that switches carry. */
export const Mtu = z.number().int().min(68).max(9216);
/** `10.0.0.7` or `fd00::7`, in any form; handlers, rows and answers have its canonical text (RFC 5952). */
export const Ip = z
  .string()
  .superRefine((text, ctx) => {
    const read = readAddress(text);
    if ("why" in read) ctx.addIssue({ code: "custom", message: read.why, continue: false });
  })
  .overwrite((text) => textOf(addressOf(text)));
/** `10.0.0.0/24` or `fd00::/64`. */
export const Cidr = z.string().min(4).max(49);
/** Of one interface, neither a group's nor zero. Handlers, rows and answers have it in lower case. */
export const Mac = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/, "must be a MAC such as fa:16:3e:00:00:07")
  .refine((mac) => !/^.[13579bdf]/.test(mac), "must be the MAC of one interface; an odd first octet says a group")
  .refine((mac) => mac !== "00:00:00:00:00:00", "must not be zero");

/** Why a port is in `error`. LOST: its device stopped carrying it and could not be made to again. */
export const NetworkFault = failureInfo("LOST");
export type NetworkFault = z.infer<typeof NetworkFault>;

export const SegmentKind = z.enum(["flat", "vlan"]);
export type SegmentKind = z.infer<typeof SegmentKind>;

export const Network = z.object({
  id: NetworkId,
  tenant: z.string(),
  name: Name,
  kind: SegmentKind,
  physicalNetwork: PhysicalNetwork,
  /** Null for a flat network. */
  vlanId: VlanId.nullable(),
  mtu: Mtu,
});
export type Network = z.infer<typeof Network>;

export const Pool = z.strictObject({ first: Ip, last: Ip });
export type Pool = z.infer<typeof Pool>;

/** `static`: an address is chosen or given out of the pools. `eui64`: it is made from the port's MAC (RFC 4291, appendix A), in a /64. */
export const AddressMode = z.enum(["static", "eui64"]);
export type AddressMode = z.infer<typeof AddressMode>;

export const Subnet = z.object({
  id: SubnetId,
  networkId: NetworkId,
  tenant: z.string(),
  name: Name,
  cidr: Cidr,
  gateway: Ip.nullable(),
  pools: z.array(Pool).readonly(),
  reserved: z.array(Ip).readonly(),
  addressMode: AddressMode,
});
export type Subnet = z.infer<typeof Subnet>;

/**
 * Where a port is in its life. In `attaching` and `detaching` work on it has begun and not ended, and whatever crashes, that work
 * is finished, undone or marked `error`. One in `error` may still be carried by its device: detach it.
 */
export const PortStatus = z.enum(["down", "attaching", "active", "detaching", "error"]);
export type PortStatus = z.infer<typeof PortStatus>;

/** What no driver takes is refused before anything is claimed for it: as malformed as it is, nothing could undo it either. */
export const Point = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("netns"),
      /** An existing one. Absent: one is made for the port, and goes with it. */
      namespace: z.string().optional(),
      /** Its name in there. Default `eth0`. */
      interface: z.string().optional(),
    }),
    z.strictObject({ kind: z.literal("tap") }),
    z.strictObject({
      kind: z.literal("switchport"),
      interface: z.string(),
      tagging: z.enum(["untagged", "tagged"]),
    }),
  ])
  .superRefine((point, context) => {
    try {
      requirePoint("point", point);
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as DriverError).message });
    }
  });
export type Point = z.infer<typeof Point>;

/** How what was attached is reached. */
export const Wire = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("netns"), namespace: z.string(), interface: z.string(), device: z.string() }),
  z.object({ kind: z.literal("tap"), device: z.string() }),
  z.object({
    kind: z.literal("switchport"),
    interface: z.string(),
    tagging: z.enum(["untagged", "tagged"]),
  }),
]);
export type Wire = z.infer<typeof Wire>;

export const PortAddress = z.object({ subnetId: SubnetId, ip: Ip });
export type PortAddress = z.infer<typeof PortAddress>;

export const Port = z.object({
  id: PortId,
  networkId: NetworkId,
  tenant: z.string(),
  name: Name,
  mac: Mac,
  addresses: z.array(PortAddress).readonly(),
  status: PortStatus,
  /** The manager on whose device it is, or is becoming or ceasing to be; null for none. */
  host: z.string().nullable(),
  /** How often it has been attached. */
  generation: z.number().int().nonnegative(),
  /** How it is reached; null unless it is `active`. */
  wire: Wire.nullable(),
  fault: NetworkFault.nullable(),
});
export type Port = z.infer<typeof Port>;
