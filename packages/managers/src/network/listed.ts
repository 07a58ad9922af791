import {
  type AttachmentSpec,
  type ListedAttachment,
  type ListedSegment,
  markOf,
  type NetworkInventory,
  type Segment,
  type SegmentSpec,
} from "@reeve/driver-sdk/network";
import { isAt } from "./point-key.ts";

/** Where a device says that something is, as text: what keeps nothing of a port is found by this alone. */
type Location = Pick<ListedAttachment, "physicalNetwork" | "segment" | "point">;

/** What a device has listed, to be looked up. */
export class Listed {
  readonly inventory: NetworkInventory;
  readonly #byMark: ReadonlyMap<string, readonly ListedAttachment[]>;
  readonly #byLocation: ReadonlyMap<string, readonly ListedAttachment[]>;
  readonly #segments: ReadonlyMap<string, readonly ListedSegment[]>;
  readonly #leftovers: ReadonlySet<string>;

  constructor(inventory: NetworkInventory) {
    this.inventory = inventory;
    const marked = inventory.attachments.filter((one) => markOfListed(one) !== undefined);
    const unmarked = inventory.attachments.filter((one) => markOfListed(one) === undefined);
    this.#byMark = Map.groupBy(marked, (one) => markOfListed(one)!);
    this.#byLocation = Map.groupBy(unmarked, locationOf);
    this.#segments = Map.groupBy(inventory.segments, ({ mark }) => mark);
    this.#leftovers = new Set(inventory.leftovers.map(({ kind, mark }) => `${kind} ${mark}`));
  }

  /** Where the device says that it carries the port; more than one where something is wrong. */
  attachmentsOf(spec: AttachmentSpec): readonly ListedAttachment[] {
    return this.#byMark.get(markOf(spec.portId)) ?? this.#byLocation.get(locationOf(spec)) ?? [];
  }

  segmentsOf(networkId: string): readonly ListedSegment[] {
    return this.#segments.get(markOf(networkId)) ?? [];
  }

  /** Whether anything of a network is there, whole or half made. */
  hasSegment(networkId: string): boolean {
    return this.segmentsOf(networkId).length > 0 || this.isLeftOver("segment", networkId);
  }

  /** Whether something half made is there under that id. */
  isLeftOver(kind: "segment" | "port", id: string): boolean {
    return this.#leftovers.has(`${kind} ${markOf(id)}`);
  }

  /** What is not as it should be about a port, in words; empty when all is. */
  differencesOf(spec: AttachmentSpec): readonly string[] {
    if (this.isLeftOver("port", spec.portId)) return ["it is half made"];
    const [listed] = this.attachmentsOf(spec);
    return listed ? [...listed.differs, ...attachmentDifferences(spec, listed)] : ["it is missing"];
  }

  /** The same of a network. */
  segmentDifferencesOf(spec: SegmentSpec): readonly string[] {
    if (this.isLeftOver("segment", spec.networkId)) return ["it is half made"];
    const [listed] = this.segmentsOf(spec.networkId);
    if (!listed) return ["it is missing"];
    const differences = [...listed.differs];
    if (!isSameSegment(listed, spec)) differences.push(`it is ${segmentText(listed)} instead of ${segmentText(spec)}`);
    if (listed.mtu !== undefined && listed.mtu !== spec.mtu)
      differences.push(`its MTU is ${listed.mtu} instead of ${spec.mtu}`);
    return differences;
  }
}

export function markOfListed({ mark, portId }: ListedAttachment): string | undefined {
  return mark ?? (portId === undefined ? undefined : markOf(portId));
}

/** Something of ours that no port stands for, where the device keeps no mark: `vlan 100 of dc1 at switchport Ethernet1/7`. */
export function locationOf({ physicalNetwork, segment, point }: Location): string {
  const at = point.kind === "switchport" ? `switchport ${point.interface}` : point.kind;
  return `${segmentText({ physicalNetwork, segment })} at ${at}`;
}

function attachmentDifferences(spec: AttachmentSpec, listed: ListedAttachment): string[] {
  const differences: string[] = [];
  const differ = (what: string, is: unknown, should: unknown) => {
    if (is !== undefined && is !== should) differences.push(`its ${what} is ${is} instead of ${should}`);
  };
  differ("generation", listed.generation, spec.generation);
  differ("MAC", listed.mac, spec.mac);
  differ("MTU", listed.mtu, spec.mtu);
  differ("addresses", listed.addresses && addressesText(listed.addresses), addressesText(spec.addresses));
  if (!isSameSegment(listed, spec)) differ("segment", segmentText(listed), segmentText(spec));
  if (!isAt(listed.point, spec.point)) differences.push("it is at another point");
  return differences;
}

function addressesText(addresses: readonly string[]): string {
  return [...addresses].sort().join(", ") || "none";
}

interface Located {
  readonly physicalNetwork: string;
  readonly segment: Segment;
}

function isSameSegment(one: Located, other: Located): boolean {
  return segmentText(one) === segmentText(other);
}

function segmentText({ physicalNetwork, segment }: Located): string {
  return segment.kind === "flat" ? `flat ${physicalNetwork}` : `vlan ${segment.vlanId} of ${physicalNetwork}`;
}
