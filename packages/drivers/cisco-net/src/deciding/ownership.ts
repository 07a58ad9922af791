import { DriverError } from "@reeve/driver-sdk";
import { markOf } from "@reeve/driver-sdk/network";
import { defaultName, type Vlan } from "../reading/vlan-table.ts";
import { inTheWay } from "./refusal.ts";

const pattern = /^rv-([0-9a-f]{12})$/;

/** The name of a network's VLAN: made from its id, so that no two are named alike and whose it is can be told. */
export function vlanNameOf(networkId: string): string {
  return `rv-${markOf(networkId)}`;
}

/** The network's mark on a VLAN of ours; undefined when it is somebody else's. */
export function markOn({ name }: Vlan): string | undefined {
  return pattern.exec(name)?.[1];
}

/** Whether nobody has named it. */
export function isNameless({ id, name }: Vlan): boolean {
  return name === defaultName(id);
}

/** Why a VLAN that is not this network's cannot be used for it. */
export function notOurs(vlan: Vlan): DriverError {
  if (markOn(vlan) !== undefined)
    return new DriverError("ALREADY_EXISTS", `VLAN ${vlan.id}: it is another network's, ${vlan.name}`);
  return inTheWay(`VLAN ${vlan.id} (${vlan.name})`, "it is there and is not this driver's");
}
