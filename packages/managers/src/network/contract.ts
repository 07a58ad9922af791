import { call, contract, paged, stream } from "@reeve/contract";
import { z } from "zod";
import { AuditReason, WRONG_STATUS } from "../resource/index.ts";
import { operator } from "../roles.ts";
import {
  AddressMode,
  Cidr,
  Ip,
  Mac,
  Name,
  Network,
  NetworkId,
  PhysicalNetwork,
  Point,
  Pool,
  Port,
  PortId,
  PortStatus,
  SegmentKind,
  Subnet,
  SubnetId,
  Wire,
} from "./network.ts";

const NetworkKey = z.object({ id: NetworkId });
const SubnetKey = z.object({ id: SubnetId });
const PortKey = z.object({ id: PortId });
/** Ids that a device reserves may be those that no VLAN has. */
const vlanBound = z.number().int().min(0).max(4095);
const Range = z.tuple([vlanBound, vlanBound]);

const byNetwork = ({ networkId }: { readonly networkId: string }) => networkId;
const byPort = ({ portId }: { readonly portId: string }) => portId;
const byOperator = { roles: [operator] } as const;

/** The tenant would have more of them than it may. */
const QUOTA_EXCEEDED = {
  code: "RESOURCE_EXHAUSTED",
  data: z.object({ resource: z.enum(["networks", "subnets", "ports"]), limit: z.number(), used: z.number() }),
} as const;
/** Ports use it; at most twenty of them are named. */
const IN_USE = z.object({ ports: z.array(PortId), count: z.number() });
/** No manager that answers has this physical network, or this one has not. */
const UNKNOWN_PHYSICAL_NETWORK = {
  code: "NOT_FOUND",
  data: z.object({ physicalNetwork: z.string().nullable(), known: z.array(z.string()) }),
} as const;
/** The driver lacks this ability, or the manager this kind of network. */
const UNSUPPORTED = { code: "UNIMPLEMENTED", data: z.object({ ability: z.string() }) } as const;
/** It belongs to a port, a gateway or an operator's reservation. Another tenant's port is not named. */
const IP_IN_USE = { code: "ALREADY_EXISTS", data: z.object({ ip: Ip, portId: PortId.optional() }) } as const;
const ADDRESS_NOT_IN_SUBNET = { code: "INVALID_ARGUMENT", data: z.object({ ip: z.string() }) } as const;
/** It is the network's own, the broadcast address, the gateway or one that was reserved. */
const ADDRESS_RESERVED = { code: "INVALID_ARGUMENT", data: z.object({ ip: Ip, why: z.string() }) } as const;
const MTU_TOO_LARGE = { code: "INVALID_ARGUMENT", data: z.object({ max: z.number() }) } as const;
const MTU_TOO_SMALL = { code: "INVALID_ARGUMENT", data: z.object({ least: z.number() }) } as const;
/** Something that is not ours is in the way, on the device. It is left as it is. */
const FOREIGN = z.object({ what: z.string(), where: z.string() });
/** The device of that manager cannot be reached now. */
const HOST_UNREACHABLE = { code: "UNAVAILABLE", data: z.object({ host: z.string(), why: z.string() }) } as const;

/** What an attachment is at: the claim is in the store, the segment on the device, the port wired, its sources guarded. */
export const AttachStep = z.enum(["claim", "segment", "wire", "guard"]);
export type AttachStep = z.infer<typeof AttachStep>;

const Attach = z.strictObject({
  portId: PortId,
  /** The address of the manager on whose device the port is to be. */
  host: z.string().min(1),
  /** Where there. Default: a network namespace of its own. Naming a namespace or a switch's interface takes the role `operator`. */
  as: Point.optional(),
});

/**
 * Networks, their subnets and addresses, and ports that are attached to devices.
 *
 * A network belongs to a strategy: a flat one is all untagged traffic of a physical network, a VLAN one has a VLAN of its own.
 * `createNetwork` goes to a manager of the strategy that is wanted, by its address; from then on any manager answers for its
 * subnets and ports, and the manager of a device for what is attached there.
 *
 * A principal reaches what its tenant has, and one without a tenant what has none; to reach all is the role `allTenants`.
 */
export const networks = contract("network", "1.0", {
  /** Claims a segment for a new network: the one that is named, or the lowest that is free. */
  createNetwork: call({
    route: "address",
    input: z.strictObject({
      name: Name,
      /** Default: the manager's only one. */
      physicalNetwork: PhysicalNetwork.optional(),
      /** Of a VLAN network. Naming one takes the role `operator`. */
      vlanId: z.number().int().optional(),
      /** Default: what the physical network carries. */
      mtu: z.number().int().optional(),
    }),
    output: Network,
    dedupe: "store",
    errors: {
      QUOTA_EXCEEDED,
      UNKNOWN_PHYSICAL_NETWORK,
      UNSUPPORTED,
      FLAT_IN_USE: { code: "ALREADY_EXISTS", data: z.object({ networkId: NetworkId.optional() }) },
      VLAN_IN_USE: { code: "ALREADY_EXISTS", data: z.object({ vlanId: z.number(), networkId: NetworkId.optional() }) },
      VLAN_RESERVED: { code: "INVALID_ARGUMENT", data: z.object({ vlanId: z.number(), ranges: z.array(Range) }) },
      VLAN_OUT_OF_RANGE: { code: "INVALID_ARGUMENT", data: z.object({ vlanId: z.number(), ranges: z.array(Range) }) },
      NO_VLAN_LEFT: { code: "RESOURCE_EXHAUSTED", data: z.object({ physicalNetwork: z.string() }) },
      MTU_TOO_LARGE,
      MTU_TOO_SMALL,
    },
  }),
  getNetwork: call({ input: NetworkKey, output: Network, idempotent: true }),
  listNetworks: paged({
    filter: z.strictObject({ kind: SegmentKind.optional(), physicalNetwork: PhysicalNetwork.optional() }),
    item: Network,
  }),
  /** Frees its segment and removes its subnets. Refused while it has ports. */
  deleteNetwork: call({ input: NetworkKey, errors: { IN_USE }, lane: ({ id }) => id }),

  /** Adds addresses to a network. Subnets of one network never overlap; those of different networks may. */
  createSubnet: call({
    input: z.strictObject({
      networkId: NetworkId,
      name: Name.optional(),
      cidr: Cidr,
      /** Default: the first address that a host can have. Null: none. */
      gateway: Ip.nullable().optional(),
      /** Where addresses are taken from. Default: all that is neither the gateway nor reserved. */
      pools: z.array(Pool).min(1).max(64).optional(),
      /** Never given to a port. */
      reserved: z.array(Ip).max(1024).optional(),
      addressMode: AddressMode.optional(),
    }),
    output: Subnet,
    dedupe: "store",
    lane: byNetwork,
    errors: {
      QUOTA_EXCEEDED,
      INVALID_CIDR: { code: "INVALID_ARGUMENT", data: z.object({ cidr: z.string(), why: z.string() }) },
      CIDR_OVERLAP: { code: "ALREADY_EXISTS", data: z.object({ subnetId: SubnetId, cidr: Cidr }) },
      POOL_OUTSIDE: {
        code: "INVALID_ARGUMENT",
        data: z.object({ first: z.string(), last: z.string(), why: z.string() }),
      },
      GATEWAY_IN_POOL: { code: "INVALID_ARGUMENT", data: z.object({ gateway: Ip }) },
      ADDRESS_NOT_IN_SUBNET,
      ADDRESS_RESERVED,
      MTU_TOO_SMALL,
    },
  }),
  getSubnet: call({ input: SubnetKey, output: Subnet, idempotent: true }),
  listSubnets: paged({ filter: z.strictObject({ networkId: NetworkId.optional() }), item: Subnet }),
  /** Refused while ports have addresses of it. */
  deleteSubnet: call({ input: SubnetKey, errors: { IN_USE } }),

  /** A port with a MAC and an address of each of the network's subnets, or of those that are named. */
  createPort: call({
    input: z.strictObject({
      networkId: NetworkId,
      name: Name,
      mac: Mac.optional(),
      /** `subnetId` alone: any address of it. `ip` alone: of the subnet that holds it. Empty: none at all. */
      addresses: z
        .array(
          z
            .strictObject({ subnetId: SubnetId.optional(), ip: Ip.optional() })
            .refine(
              ({ subnetId, ip }) => subnetId !== undefined || ip !== undefined,
              "name a subnet, an address or both",
            ),
        )
        .max(32)
        .superRefine((addresses, context) => {
          const ips = addresses.map(({ ip }) => ip);
          const twice = ips.findIndex((ip, at) => ip !== undefined && ips.indexOf(ip) < at);
          if (twice >= 0)
            context.addIssue({ code: "custom", path: [twice, "ip"], message: `${ips[twice]} is there twice` });
        })
        .optional(),
    }),
    output: Port,
    dedupe: "store",
    errors: {
      QUOTA_EXCEEDED,
      MAC_IN_USE: { code: "ALREADY_EXISTS", data: z.object({ mac: Mac, portId: PortId.optional() }) },
      IP_IN_USE,
      ADDRESS_NOT_IN_SUBNET,
      ADDRESS_RESERVED,
      NO_ADDRESS_LEFT: {
        code: "RESOURCE_EXHAUSTED",
        /** Decimal numbers as text: a /64 has more than a number can say. */
        data: z.object({ subnetId: SubnetId, size: z.string(), used: z.string() }),
      },
    },
  }),
  getPort: call({ input: PortKey, output: Port, idempotent: true }),
  listPorts: paged({
    filter: z.strictObject({
      networkId: NetworkId.optional(),
      host: z.string().optional(),
      status: PortStatus.optional(),
    }),
    item: Port,
  }),
  /** Gives its addresses back. Refused unless it is `down`, or in `error` and attached nowhere. */
  deletePort: call({ input: PortKey, errors: { WRONG_STATUS }, lane: ({ id }) => id }),

  /**
   * Attaches a port to the device of the manager at `host`; there whole or not at all. Attached there already in the same way,
   * it answers at once with what is. Callers of one key share one attachment.
   */
  attach: stream({
    route: "owner",
    input: Attach,
    progress: z.object({ step: AttachStep }),
    output: Wire,
    dedupe: "store",
    lane: byPort,
    timeout: "5m",
    errors: {
      WRONG_STATUS,
      ALREADY_ATTACHED: { code: "ALREADY_EXISTS", data: z.object({ host: z.string() }) },
      UNKNOWN_PHYSICAL_NETWORK,
      UNSUPPORTED,
      HOST_UNREACHABLE,
      FOREIGN,
      /** `left`: whether something may still be on the device; then the port is in `error`. */
      ATTACH_FAILED: {
        code: "UNAVAILABLE",
        data: z.object({ step: AttachStep, why: z.string(), left: z.enum(["nothing", "unknown"]) }),
      },
    },
  }),
  /** Undoes `attach`; succeeds when there is nothing to undo. */
  detach: call({
    route: "owner",
    input: z.strictObject({ portId: PortId }),
    output: Port,
    idempotent: true,
    lane: byPort,
    timeout: "5m",
    errors: { WRONG_STATUS, HOST_UNREACHABLE, FOREIGN },
  }),

  /** How full a network's subnets are, or how many networks lie on a physical network, of those that the principal reaches; exact. */
  usage: call({
    input: z
      .strictObject({ networkId: NetworkId.optional(), physicalNetwork: PhysicalNetwork.optional() })
      .refine(
        ({ networkId, physicalNetwork }) => (networkId === undefined) !== (physicalNetwork === undefined),
        "name a network or a physical network, and not both",
      ),
    output: z.object({
      networks: z.number(),
      ports: z.number(),
      attached: z.number(),
      /**
       * Those of the network that was asked for; none for a physical network. Decimal numbers as text: how many addresses the pools
       * offer, how many addresses ports have, in the pools or not, and how many of the pools' nobody has.
       */
      subnets: z.array(
        z.object({ subnetId: SubnetId, cidr: Cidr, size: z.string(), used: z.string(), free: z.string() }),
      ),
    }),
    idempotent: true,
  }),
  /** What attaching or detaching a port would send to the device; nothing is changed. */
  plan: call({
    route: "owner",
    input: z.discriminatedUnion("change", [
      Attach.extend({ change: z.literal("attach") }),
      z.strictObject({ change: z.literal("detach"), portId: PortId }),
    ]),
    output: z.object({ commands: z.array(z.string()) }),
    idempotent: true,
    errors: { UNSUPPORTED, WRONG_STATUS, UNKNOWN_PHYSICAL_NETWORK, HOST_UNREACHABLE },
  }),
  /** Compares what this device carries with what it should, as at start, and makes it so. */
  rescan: call({
    route: "address",
    ...byOperator,
    input: z.strictObject({}),
    output: z.object({
      /** Whether the device had restarted since the last time. */
      restarted: z.boolean(),
      /** Ports that were missing or different, and are as they should be again. */
      repaired: z.array(PortId),
      /** Ports that could not be repaired, and why. */
      failed: z.array(z.object({ portId: PortId, why: z.string() })),
      /** Ports that were here and belong elsewhere now, or were forgotten: detached. */
      dropped: z.array(z.string()),
      /** Marks of what carries ours and has no row; never touched. `removeUnaccounted` removes it. */
      unaccounted: z.array(z.string()),
      /** What is in the way and not ours. */
      foreign: z.array(z.object({ what: z.string(), why: z.string() })),
    }),
    idempotent: true,
    timeout: "10m",
  }),
  /**
   * Takes a port off a host that is gone for good. Should it come back, it drops the port. `HOST_SERVES` while the host answers.
   * For an operator.
   */
  forget: call({
    ...byOperator,
    input: z.strictObject({ portId: PortId, reason: AuditReason }),
    output: Port,
    errors: { WRONG_STATUS, HOST_SERVES: z.object({ host: z.string(), why: z.string() }) },
  }),
  /** Removes what `rescan` called unaccounted, named one by one. For an operator. */
  removeUnaccounted: call({
    ...byOperator,
    route: "address",
    input: z.strictObject({ marks: z.array(z.string()).min(1).max(1000), reason: AuditReason }),
    output: z.object({ removed: z.array(z.string()) }),
    idempotent: true,
    timeout: "10m",
    errors: { NOT_UNACCOUNTED: { code: "NOT_FOUND", data: z.object({ mark: z.string() }) } },
  }),
});

export type Networks = typeof networks;
