import { DriverError } from "@reeve/driver-sdk";
import type { AttachmentSpec, DetachSpec, Segment } from "@reeve/driver-sdk/network";
import type { InterfaceConfig } from "../reading/interface-config.ts";
import type { SwitchState } from "../reading/switch-state.ts";
import type { Edit } from "./edit.ts";
import { markOn, notOurs, vlanNameOf } from "./ownership.ts";
import { letsAllThrough, portStateOf } from "./port-state.ts";
import { inTheWay } from "./refusal.ts";
import { type Switchport, switchportOf, vlanIdOf } from "./vlan-id.ts";
import type { Rules } from "./wish.ts";

/** What makes a port carry a network that was ensured; nothing when it does. */
export function decideAttach(state: SwitchState, spec: AttachmentSpec, rules: Rules): Edit[] {
  const point = switchportOf(spec.point);
  const vlanId = vlanIdOf(spec.segment);
  if (spec.mtu > rules.mtuMax)
    throw inTheWay(
      "mtu",
      `expected at most ${rules.mtuMax}, which the switch carries (option mtuMax), got ${spec.mtu}`,
    );
  const port = ourPort(state, point, rules);
  const vlan = state.vlans.get(vlanId);
  if (!vlan) throw inTheWay(`VLAN ${vlanId}`, "it is not there; ensure the segment first");
  if (vlan.name !== vlanNameOf(spec.networkId)) throw notOurs(vlan);
  return point.tagging === "tagged" ? joinTrunk(port, vlanId) : becomeAccess(port, vlanId);
}

function joinTrunk(port: InterfaceConfig, vlanId: number): Edit[] {
  const add: Edit = { kind: "trunk.add", interface: port.name, vlanId };
  const state = portStateOf(port);
  switch (state.is) {
    case "foreign":
      throw inTheWay(port.name, state.why);
    case "access":
      throw inTheWay(port.name, `it is an access port of VLAN ${state.vlanId}; no tagged network fits beside that`);
    case "fresh":
      return [{ kind: "port.trunk", interface: port.name }, add];
    case "trunk":
      if (port.nativeVlan === vlanId)
        throw inTheWay(port.name, `VLAN ${vlanId} is its native VLAN, which it sends untagged`);
      if (state.allowed.has(vlanId)) return [];
      return state.allowed.size === 0 && port.shutdown ? [{ kind: "port.trunk", interface: port.name }, add] : [add];
  }
}

function becomeAccess(port: InterfaceConfig, vlanId: number): Edit[] {
  const state = portStateOf(port);
  switch (state.is) {
    case "foreign":
      throw inTheWay(port.name, state.why);
    case "access":
      if (state.vlanId === vlanId) return [];
      throw inTheWay(port.name, `it is an access port of VLAN ${state.vlanId} already`);
    case "trunk":
      if (state.allowed.size > 0)
        throw inTheWay(port.name, `it is a trunk that carries VLANs; no untagged network fits`);
      break;
    case "fresh":
      break;
  }
  return [{ kind: "port.access", interface: port.name, vlanId }];
}

/** What makes a port stop carrying a network; nothing when it does not, or when others of the network are there. */
export function decideDetach(state: SwitchState, spec: DetachSpec, rules: Rules): Edit[] {
  const point = switchportOf(spec.point);
  const vlanId = vlanIdOf(spec.segment);
  const vlan = state.vlans.get(vlanId);
  // Another's VLAN on this port is another's attachment. One that is gone is taken off, or the next of that id would have the port.
  if (!spec.last || (vlan && vlan.name !== vlanNameOf(spec.networkId))) return [];
  return leave(state, point, vlanId, rules);
}

/** The same for what `list` told of without a mark. */
export function decideDiscardPort(state: SwitchState, segment: Segment, given: Switchport, rules: Rules): Edit[] {
  const vlanId = vlanIdOf(segment);
  const vlan = state.vlans.get(vlanId);
  return vlan && markOn(vlan) === undefined ? [] : leave(state, given, vlanId, rules);
}

function leave({ interfaces }: SwitchState, point: Switchport, vlanId: number, rules: Rules): Edit[] {
  const { interface: name, tagging } = point;
  const port = interfaces.get(name);
  if (!port || !carries(port, point, vlanId)) return [];
  if (!rules.interfaces.has(name)) throw notConfigured(name);
  if (port.channelGroup !== undefined) return [];
  if (tagging === "tagged") {
    // Taking one off a trunk that lets all through would be a list of all others.
    if (port.allowed === "all") throw inTheWay(name, letsAllThrough);
    return [{ kind: "trunk.remove", interface: name, vlanId }];
  }
  if (port.allowed !== "all" && port.allowed.size > 0)
    throw inTheWay(name, `it has a list of VLANs that it would let through as a trunk, which is how a port is parked`);
  return [{ kind: "port.park", interface: name }];
}

function carries(port: InterfaceConfig, { tagging }: Switchport, vlanId: number): boolean {
  if (port.layer === "routed") return false;
  // Stopped half-way to parking it or out of it, a trunk without VLANs waits with the VLAN that it would carry as an access port.
  const isEmptyTrunk = port.mode === "trunk" && port.allowed !== "all" && port.allowed.size === 0;
  if (tagging === "untagged") return port.accessVlan === vlanId && (port.mode === "access" || isEmptyTrunk);
  if (port.allowed === "all") return port.mode === "trunk";
  return port.allowed.has(vlanId);
}

function ourPort({ interfaces }: SwitchState, { interface: name }: Switchport, rules: Rules): InterfaceConfig {
  if (!rules.interfaces.has(name)) throw notConfigured(name);
  const port = interfaces.get(name);
  if (port) return port;
  throw new DriverError("NOT_FOUND", `${name}: the switch has no such interface`);
}

function notConfigured(name: string): DriverError {
  return inTheWay(name, "it is not among the interfaces that this driver may change; name it in the option interfaces");
}
