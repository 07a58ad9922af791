import type { Segment } from "@reeve/driver-sdk/network";
import type { Context, Transaction } from "@reeve/runtime";
import type { NetworkOperations } from "./handles.ts";
import type { SegmentKind } from "./network.ts";
import type { NetworkStore } from "./store.ts";

export type CreateContext = Parameters<NetworkOperations["createNetwork"]>[1] & Context;

/** Who wants a segment of which physical network. */
export interface SegmentRequest {
  readonly networkId: string;
  readonly physicalNetwork: string;
  /** The one that is wanted; undefined for any. */
  readonly vlanId: number | undefined;
}

/**
 * A strategy: what a network is on the wire, and which network gets which segment. It knows no device, and all that the network
 * managers do besides is the same for each. (The seam of Neutron's type drivers, and of nova-network's managers before them.)
 */
export interface Segmentation {
  readonly kind: SegmentKind;
  /** Claims a segment by inserting its row, in the transaction that creates the network. Throws the declared refusals. */
  claim(tx: Transaction<NetworkStore>, ctx: CreateContext, request: SegmentRequest): Promise<Segment>;
}
