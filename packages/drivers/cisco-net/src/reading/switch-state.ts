import type { InterfaceConfig } from "./interface-config.ts";
import type { Vlan } from "./vlan-table.ts";

/** What of a switch's running configuration concerns networks. */
export interface SwitchState {
  readonly vlans: Map<number, Vlan>;
  readonly interfaces: Map<string, InterfaceConfig>;
}

/** One that can be changed without the other. */
export function copyOf({ vlans, interfaces }: SwitchState): SwitchState {
  return { vlans: new Map(vlans), interfaces: new Map(interfaces) };
}
