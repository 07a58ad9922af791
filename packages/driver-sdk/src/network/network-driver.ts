import { driverPort } from "../driver-port.ts";
import { method, query } from "../method.ts";
import { NetworkStats } from "./network-stats.ts";

/** Which traffic of a physical network is a network's: all that is untagged, or that of one VLAN. */
export type Segment = { readonly kind: "flat" } | { readonly kind: "vlan"; readonly vlanId: number };

export interface SegmentKey {
  /** The network's identity; see `requireId`. */
  readonly networkId: string;
  readonly segment: Segment;
  /** The wiring that it lies on, as the driver's options name it. */
  readonly physicalNetwork: string;
}

/** A network as this device is to carry it. */
export interface SegmentSpec extends SegmentKey {
  /** In bytes, of what an interface sends: 1500 leaves room for no tag of its own. */
  readonly mtu: number;
  /** What people call it: a label at most, never an identity, any text. */
  readonly name: string;
}

/** Where on the device a port is to be. */
export type Point =
  /** An interface in a network namespace. Without `namespace` the driver makes one, which needs the ability `namespaces`. */
  | { readonly kind: "netns"; readonly namespace?: string | undefined; readonly interface?: string | undefined }
  /** A tap device for a virtual machine. */
  | { readonly kind: "tap" }
  /** A port of a switch. `tagged`: as one of several on a trunk. */
  | { readonly kind: "switchport"; readonly interface: string; readonly tagging: "untagged" | "tagged" };

export interface PortKey {
  /** The port's identity; see `requireId`. */
  readonly portId: string;
  /**
   * Raised with each attachment of the port, wherever. While the port is attached, a call with a lower one is `ABORTED` and does
   * nothing. A device that keeps no generation knows it for as long as the session that attached the port.
   */
  readonly generation: number;
}

/**
 * A port as it is to be: the whole of it, every time. Network, segment, MAC and point are what it is: they change with the
 * generation only. MTU, addresses and gateways are how it is: attaching again changes what differs.
 */
export interface AttachmentSpec extends PortKey, SegmentKey {
  readonly mtu: number;
  /** Lower-case, with colons. */
  readonly mac: string;
  /** With their prefix length: `10.0.0.7/24`, `fd00::7/64`. */
  readonly addresses: readonly string[];
  /** Routers of its subnets; a namespace gets a default route through each. */
  readonly gateways: readonly string[];
  readonly point: Point;
}

export interface DetachSpec extends PortKey, SegmentKey {
  readonly point: Point;
  /**
   * Whether no other port of this network is at this point, nor about to be: then the point stops carrying the network. The
   * manager counts; it sends this no earlier than any attachment to the point has settled.
   */
  readonly last: boolean;
}

/** How what was attached is reached. */
export type Attachment =
  | { readonly kind: "netns"; readonly namespace: string; readonly interface: string; readonly device: string }
  | { readonly kind: "tap"; readonly device: string }
  | { readonly kind: "switchport"; readonly interface: string; readonly tagging: "untagged" | "tagged" };

/** A network that the device carries. */
export interface ListedSegment {
  /** `markOf(networkId)`. */
  readonly mark: string;
  /** Where the device keeps it. */
  readonly networkId?: string | undefined;
  readonly segment: Segment;
  readonly physicalNetwork: string;
  /** Where the device has one per network, as it is now. */
  readonly mtu?: number | undefined;
  /** What is not as this driver makes it, in words: `"the uplink is not a member"`. Ensuring it again repairs it. */
  readonly differs: readonly string[];
}

/** A port that the device carries. */
export interface ListedAttachment {
  /** `markOf(portId)`; absent where the device keeps nothing of a port but that its point carries the segment. */
  readonly mark?: string | undefined;
  /** Where the device keeps them. */
  readonly portId?: string | undefined;
  readonly generation?: number | undefined;
  readonly segment: Segment;
  readonly physicalNetwork: string;
  readonly point: Point;
  /** As they are now, where the device has them. */
  readonly mac?: string | undefined;
  readonly mtu?: number | undefined;
  readonly addresses?: readonly string[] | undefined;
  /** What is not as this driver makes it, in words: `"it is a member of bridge br0"`. Attaching it again repairs it. */
  readonly differs: readonly string[];
}

/** What an interrupted call left: it carries no traffic, and attaching, detaching, ensuring or removing that id again ends it. */
export interface NetworkLeftover {
  readonly kind: "segment" | "port";
  readonly mark: string;
  /** What it is, as people know it on the device: `"link rvp3f9c… has no alias"`. */
  readonly what: string;
}

/** Something that `list` told of and that no row accounts for any more. A port without a mark is known by the segment that its point carries. */
export type Discarded =
  | { readonly kind: "segment" | "port"; readonly mark: string }
  | {
      readonly kind: "port";
      readonly mark?: undefined;
      readonly segment: Segment;
      readonly physicalNetwork: string;
      readonly point: Point;
    };

/** Something in our way that is not ours. It is never touched. */
export interface Foreign {
  /** As people know it on the device: `"link eth1"`, `"VLAN 100 (voice)"`. */
  readonly what: string;
  /** What is wrong with it being there. */
  readonly why: string;
}

/** Everything on the device that is this driver's. */
export interface NetworkInventory {
  /** Names what the device has forgotten since: a host's boot, a switch's boot time. When it changes, everything is to be asked for again. */
  readonly incarnation: string;
  readonly segments: readonly ListedSegment[];
  readonly attachments: readonly ListedAttachment[];
  /** Without what a call of this session is still making. */
  readonly leftovers: readonly NetworkLeftover[];
  readonly foreign: readonly Foreign[];
}

/** Which VLANs a device can carry; a range holds both its ends. */
export interface VlanRanges {
  /** What networks may use here. */
  readonly usable: readonly (readonly [first: number, last: number])[];
  /** What the device keeps for itself, or its operator for others. */
  readonly reserved: readonly (readonly [first: number, last: number])[];
}

/** A call that might be made. */
export type NetworkChange =
  | ({ readonly change: "ensureSegment" } & SegmentSpec)
  | ({ readonly change: "removeSegment" } & SegmentKey)
  | ({ readonly change: "attach" } & AttachmentSpec)
  | ({ readonly change: "detach" } & DetachSpec);

export interface NetworkPlan {
  /** What would be sent to the device now, in order, as its operators read it; empty when everything is as it should be. */
  readonly commands: readonly string[];
}

/**
 * Network devices (a Linux host, a switch), as the network managers need them. The calls state what is to be, the whole of one
 * thing each time, and can be repeated at will: the driver compares with the device and changes what differs. It keeps nothing
 * of its own that outlives its session. `networkConformance` of `./conformance` holds a driver to these promises:
 *
 * - Nothing carries another network's traffic, at no instant; what is half made carries none.
 * - What is not the driver's is never changed: a call that something foreign is in the way of is `FAILED_PRECONDITION`.
 * - Calls for one id, and for one segment, may overlap; they take effect one after the other.
 * - A call that has settled changes nothing later; one whose signal aborts settles soon, one that is aborted already does nothing.
 * - What failed on the way says in `data.applied` which steps took effect; the same call again finishes them, its counterpart
 *   undoes them.
 *
 * Its errors:
 *
 * | code | when |
 * |---|---|
 * | `INVALID_ARGUMENT` | an id, MAC, address, MTU, VLAN id, point is malformed; `require…` of this module refuse them |
 * | `NOT_FOUND` | the options name no such physical network, or the device has no such interface or namespace |
 * | `ALREADY_EXISTS` | the network has another segment here, the segment another network of ours, or the port of that generation another network, MAC or point |
 * | `FAILED_PRECONDITION` | something foreign is in the way; the segment was not ensured, or has ports; the VLAN is reserved here; the MTU is more than `mtuMax` |
 * | `RESOURCE_EXHAUSTED` | the VLAN table or the session pool is full |
 * | `ABORTED`, not retryable | the port is attached with a higher generation |
 * | `UNAVAILABLE` | the device cannot be reached, or is not ready yet |
 * | `UNIMPLEMENTED` | this device has no such kind of segment or point |
 */
export const networkDriver = driverPort("network", {
  version: "1.0",
  methods: {
    /** Makes the device carry a network, so that ports can be attached to it; an MTU or a name that differs is changed. */
    ensureSegment: method<SegmentSpec>(),
    /** Stops carrying it. Succeeds when it does not. `FAILED_PRECONDITION` while ports of ours are attached; foreign members are left, with what they need. */
    removeSegment: method<SegmentKey>(),
    /**
     * Attaches a port to a segment that was ensured. The same again gives the same answer; a higher generation replaces the lower
     * one, wherever on this device that was.
     */
    attach: method<AttachmentSpec, Attachment>(),
    /** Detaches it. Succeeds when there is nothing to detach. */
    detach: method<DetachSpec>(),
    /**
     * Removes something of ours whose id nobody knows any more, whole or left over, as `list` named it. Succeeds when there is
     * nothing. `FAILED_PRECONDITION` for a segment with ports of ours.
     */
    discard: method<Discarded>(),
    /** What the device carries now. Names of interfaces and namespaces are those that were asked for, letter for letter. */
    list: query<NetworkInventory>(),
  },
  abilities: {
    /** Carries networks of kind `vlan`. */
    vlans: {
      ranges: query<VlanRanges>(),
    },
    /** Makes the network namespace that a port is put into, and removes it with the port. */
    namespaces: {
      /** Those that this driver made. */
      list: query<readonly string[]>(),
    },
    /** Lets nothing out of a port that has another source than these. */
    guard: {
      apply: method<PortKey & { readonly point: Point; readonly mac: string; readonly addresses: readonly string[] }>(),
    },
    /** Keeps its configuration over a restart of the device once it has been saved. */
    persist: {
      /** Waits until all that was changed so far is saved. */
      save: method<{}>({ timeout: "3m" }),
      /** Whether something is not saved yet. */
      unsaved: query<boolean>(),
    },
    /**
     * Tells what a call would send, and sends nothing that changes anything. An attachment is planned as if its segment had been
     * ensured, a segment's removal as if the network's ports had been detached.
     */
    plan: {
      plan: method<NetworkChange, NetworkPlan>(),
    },
  },
  stats: NetworkStats,
});

export type NetworkDriverPort = typeof networkDriver;
