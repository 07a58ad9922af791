import type { SegmentKey } from "@reeve/driver-sdk/network";
import type { NetworkHandles } from "./handles.ts";
import type { RetainedRow } from "./store.ts";

type Handles = Pick<NetworkHandles, "store" | "address">;

/**
 * Notes that this device still carries a network of which nothing is attached: the network may be deleted before the device lets
 * go of it, and then no other row tells whose that is. (Neutron's VLANs stayed on switches when their network's rows went first.)
 */
export async function noteRetained({ store, address }: Handles, key: SegmentKey): Promise<void> {
  const { networkId, segment, physicalNetwork } = key;
  const vlanId = segment.kind === "vlan" ? segment.vlanId : null;
  const row = { host: address, networkId, segment: { kind: segment.kind, vlanId, physicalNetwork } };
  await store.transaction(async (tx) => {
    const id = keyOf(address, networkId);
    if (!(await tx.find("retained", id))) await tx.insert("retained", { key: id, ...row });
  });
}

/** The device has let go of it. */
export async function clearRetained({ store, address }: Handles, networkId: string): Promise<void> {
  const id = keyOf(address, networkId);
  if (await store.find("retained", id)) await store.transaction((tx) => tx.delete("retained", id));
}

/** What this device has not let go of, as far as it is known. */
export function retainedHere({ store, address }: Handles): Promise<RetainedRow[]> {
  return store.selectFrom("retained").selectAll().where("host", "=", address).execute();
}

function keyOf(host: string, networkId: string): string {
  return `${host}/${networkId}`;
}
