import { bareInterface, type InterfaceConfig } from "../reading/interface-config.ts";
import type { SwitchState } from "../reading/switch-state.ts";
import { defaultName } from "../reading/vlan-table.ts";

/** One change of a switch's configuration, none of which touches what is not this driver's. */
export type Edit =
  /** Makes a VLAN, or makes it pass frames again, under that name. */
  | { readonly kind: "vlan.make"; readonly vlanId: number; readonly name: string }
  | { readonly kind: "vlan.remove"; readonly vlanId: number }
  /** Takes our name off a VLAN that others use. */
  | { readonly kind: "vlan.release"; readonly vlanId: number }
  /** Makes a port that nobody has configured a trunk that carries nothing. */
  | { readonly kind: "port.trunk"; readonly interface: string }
  /** Makes a port that carries nothing carry one VLAN untagged. */
  | { readonly kind: "port.access"; readonly interface: string; readonly vlanId: number }
  /** Makes it carry nothing: a trunk without VLANs. */
  | { readonly kind: "port.park"; readonly interface: string }
  | { readonly kind: "trunk.add"; readonly interface: string; readonly vlanId: number }
  | { readonly kind: "trunk.remove"; readonly interface: string; readonly vlanId: number };

/** Changes a state as the switch would change with it. */
export function applyEdit({ vlans, interfaces }: SwitchState, edit: Edit): void {
  switch (edit.kind) {
    case "vlan.make":
      vlans.set(edit.vlanId, { id: edit.vlanId, name: edit.name, active: true });
      return;
    case "vlan.remove":
      vlans.delete(edit.vlanId);
      return;
    case "vlan.release":
      vlans.set(edit.vlanId, { ...vlans.get(edit.vlanId)!, name: defaultName(edit.vlanId) });
      return;
    default:
      interfaces.set(edit.interface, changed(interfaces.get(edit.interface) ?? bareInterface(edit.interface), edit));
  }
}

function changed(port: InterfaceConfig, edit: Exclude<Edit, { kind: `vlan.${string}` }>): InterfaceConfig {
  const allowed = port.allowed === "all" ? new Set<number>() : new Set(port.allowed);
  const inService = { ...port, layer: "switched", shutdown: false, allowed } as const;
  switch (edit.kind) {
    case "port.trunk":
      return { ...inService, mode: "trunk" };
    case "port.access":
      return { ...inService, mode: "access", accessVlan: edit.vlanId };
    case "port.park":
      return { ...port, mode: "trunk", accessVlan: 1, allowed };
    case "trunk.add":
      allowed.add(edit.vlanId);
      return { ...port, allowed };
    case "trunk.remove":
      allowed.delete(edit.vlanId);
      return { ...port, allowed };
  }
}
