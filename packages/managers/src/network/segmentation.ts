import type { Segment } from "@reeve/driver-sdk/network";
import type { Transaction } from "@reeve/runtime";
import type { NetworkHandles, NetworkOperations } from "./handles.ts";
import type { SegmentKind } from "./network.ts";
import type { NetworkStore } from "./store.ts";

export type CreateContext = Parameters<NetworkOperations["createNetwork"]>[1];

/** Which segment is wanted, of which physical network. */
export interface SegmentRequest {
  /** One that the manager's configuration has. */
  readonly physicalNetwork: string;
  /** The one that is wanted; undefined for any. */
  readonly vlanId: number | undefined;
}

/** Inserts the row of a segment for a network, in the transaction that creates it. Throws the declared refusals. */
export type SegmentClaim = (tx: Transaction<NetworkStore>, networkId: string) => Promise<Segment>;

/**
 * A strategy: what a network is on the wire, and which network gets which segment. All that the network managers do besides is
 * the same for each. (The seam of Neutron's type drivers, and of nova-network's managers before them.)
 */
export interface Segmentation {
  readonly kind: SegmentKind;
  /**
   * What is asked of others is asked here, before the transaction: what the device reserves. Throws the declared refusals that
   * depend on no row.
   */
  prepare(request: SegmentRequest, ctx: CreateContext): Promise<SegmentClaim>;
}

/** How a manager comes by its strategy. */
export type SegmentStrategy = (handles: NetworkHandles) => Segmentation;
