import { DriverError } from "@reeve/driver-sdk";
import type { SegmentKey, SegmentSpec } from "@reeve/driver-sdk/network";
import type { SwitchState } from "../reading/switch-state.ts";
import type { Edit } from "./edit.ts";
import { isNameless, markOn, notOurs, vlanNameOf } from "./ownership.ts";
import { inTheWay } from "./refusal.ts";
import { vlanIdOf } from "./vlan-id.ts";
import type { Rules } from "./wish.ts";

/** What makes a switch carry a network; nothing when it does. */
export function decideEnsure(state: SwitchState, spec: SegmentSpec, rules: Rules): Edit[] {
  const vlanId = vlanIdOf(spec.segment);
  const name = vlanNameOf(spec.networkId);
  if (!rules.usable.has(vlanId))
    throw inTheWay(
      `VLAN ${vlanId}`,
      "networks may not have it here: the switch reserves it, or the option vlans leaves it out",
    );
  if (spec.mtu > rules.mtuMax)
    throw inTheWay(
      "mtu",
      `expected at most ${rules.mtuMax}, which the switch carries (option mtuMax), got ${spec.mtu}`,
    );
  const elsewhere = [...state.vlans.values()].find((vlan) => vlan.name === name && vlan.id !== vlanId);
  if (elsewhere)
    throw new DriverError("ALREADY_EXISTS", `network ${spec.networkId}: it has VLAN ${elsewhere.id} on this switch`);
  const vlan = state.vlans.get(vlanId);
  if (vlan?.name === name && vlan.active) return [];
  const ours = vlan && (vlan.name === name || (isNameless(vlan) && rules.begun.has(vlanId)));
  if (vlan && !ours) throw notOurs(vlan);
  // Ports wait on VLANs that are gone: they would be in the network as soon as it is made.
  const waiting = vlan ? undefined : foreignMembers(state, vlanId, rules)[0];
  if (waiting !== undefined) throw inTheWay(waiting, `it is an access port of VLAN ${vlanId} and is not this driver's`);
  return [{ kind: "vlan.make", vlanId, name }];
}

/** What makes it stop; nothing when it does not carry it. */
export function decideRemove(state: SwitchState, key: SegmentKey, rules: Rules): Edit[] {
  return decideRemoval(state, vlanIdOf(key.segment), vlanNameOf(key.networkId), rules);
}

/** The same for whatever VLAN has the mark. */
export function decideDiscardSegment(state: SwitchState, mark: string, rules: Rules): Edit[] {
  const marked = [...state.vlans.values()].filter((vlan) => markOn(vlan) === mark);
  return marked.flatMap((vlan) => decideRemoval(state, vlan.id, vlan.name, rules));
}

function decideRemoval(state: SwitchState, vlanId: number, name: string, rules: Rules): Edit[] {
  const vlan = state.vlans.get(vlanId);
  const begun = vlan && isNameless(vlan) && rules.begun.has(vlanId);
  if (vlan && vlan.name !== name && !begun) return [];
  // Also where the VLAN is gone: the next network that gets the id would have these ports in it.
  const member = ourMembers(state, vlanId, rules)[0];
  if (member !== undefined) throw inTheWay(`VLAN ${vlanId}`, `${member} carries it; detach its ports first`);
  if (!vlan) return [];
  return [{ kind: foreignMembers(state, vlanId, rules).length > 0 ? "vlan.release" : "vlan.remove", vlanId }];
}

function ourMembers({ interfaces }: SwitchState, vlanId: number, rules: Rules): string[] {
  return [...rules.interfaces].filter((name) => {
    const port = interfaces.get(name);
    if (!port || port.layer === "routed" || port.channelGroup !== undefined) return false;
    return (
      (port.allowed !== "all" && port.allowed.has(vlanId)) || (port.mode === "access" && port.accessVlan === vlanId)
    );
  });
}

/** Access ports only: a trunk that lists the VLAN is the operator's wiring between switches, and keeps its list. */
function foreignMembers({ interfaces }: SwitchState, vlanId: number, rules: Rules): string[] {
  return [...interfaces.values()]
    .filter((port) => !rules.interfaces.has(port.name) && port.layer !== "routed" && port.channelGroup === undefined)
    .filter((port) => port.mode === "access" && port.accessVlan === vlanId)
    .map((port) => port.name);
}
