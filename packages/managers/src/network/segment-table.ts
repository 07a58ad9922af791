import type { Transaction } from "@reeve/runtime";
import { type OnBehalf, reaches } from "../resource/index.ts";
import type { NetworkStore } from "./store.ts";

/** A segment of a physical network; a flat one's VLAN id is 0. */
export interface SegmentKey {
  readonly physicalNetwork: string;
  readonly vlanId: number;
}

/**
 * Gives a network a segment by inserting the row that says so. False when another network has it: the key decides, and in a
 * transaction that goes on afterwards no constraint may fail.
 */
export async function claimSegment(
  tx: Transaction<NetworkStore>,
  key: SegmentKey,
  networkId: string,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("segments")
    .values({ ...key, networkId })
    .onConflict((conflict) => conflict.columns(["physicalNetwork", "vlanId"]).doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** Which network has a segment, as far as the principal may know. */
export async function knownHolder(
  tx: Transaction<NetworkStore>,
  ctx: OnBehalf,
  key: SegmentKey,
): Promise<{ readonly networkId?: string }> {
  const segment = await tx.find("segments", key);
  const network = segment && (await tx.find("networks", segment.networkId));
  return network && reaches(ctx, network) ? { networkId: network.id } : {};
}
