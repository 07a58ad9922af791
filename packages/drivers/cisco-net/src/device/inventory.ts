import type { Foreign, ListedAttachment, ListedSegment, NetworkInventory } from "@reeve/driver-sdk/network";
import { isNameless, markOn } from "../deciding/ownership.ts";
import { portStateOf } from "../deciding/port-state.ts";
import type { Rules } from "../deciding/wish.ts";
import type { SwitchState } from "../reading/switch-state.ts";

/** What of a switch is this driver's: VLANs by the mark that is their name, and of its interfaces what carries them. */
export function inventoryOf(
  state: SwitchState,
  rules: Rules,
  begun: ReadonlyMap<number, string>,
): Omit<NetworkInventory, "incarnation"> {
  const vlans = [...state.vlans.values()];
  const leftovers = vlans
    .filter((vlan) => isNameless(vlan) && begun.has(vlan.id))
    .map(({ id }) => ({ kind: "segment" as const, mark: begun.get(id)!, what: `VLAN ${id} has no name yet` }));
  return {
    segments: segmentsOf(state, rules),
    attachments: [...rules.interfaces].flatMap((name) => attachmentsAt(state, rules, name)),
    leftovers,
    foreign: [...foreignVlans(state, rules, begun), ...foreignPorts(state, rules)],
  };
}

function segmentsOf({ vlans }: SwitchState, { physicalNetwork }: Rules): ListedSegment[] {
  return [...vlans.values()].flatMap((vlan) => {
    const mark = markOn(vlan);
    if (mark === undefined) return [];
    const differs = vlan.active ? [] : ["it is suspended or shut down"];
    return [{ mark, segment: { kind: "vlan", vlanId: vlan.id }, physicalNetwork, differs }];
  });
}

function attachmentsAt(
  { vlans, interfaces }: SwitchState,
  { physicalNetwork }: Rules,
  name: string,
): ListedAttachment[] {
  const port = interfaces.get(name);
  const state = port && portStateOf(port);
  if (state?.is !== "trunk" && state?.is !== "access") return [];
  const ids = state.is === "access" ? [state.vlanId] : [...state.allowed];
  const ours = ids.filter((id) => {
    const vlan = vlans.get(id);
    return vlan && markOn(vlan) !== undefined;
  });
  return ours.map((vlanId) => ({
    segment: { kind: "vlan", vlanId },
    physicalNetwork,
    point: { kind: "switchport", interface: name, tagging: state.is === "access" ? "untagged" : "tagged" },
    differs: [],
  }));
}

/** VLANs that a network could have been given. */
function foreignVlans({ vlans }: SwitchState, { usable }: Rules, begun: ReadonlyMap<number, string>): Foreign[] {
  return [...vlans.values()]
    .filter((vlan) => usable.has(vlan.id) && markOn(vlan) === undefined && !(isNameless(vlan) && begun.has(vlan.id)))
    .map(({ id, name }) => ({ what: `VLAN ${id} (${name})`, why: "no network can have its id here" }));
}

function foreignPorts({ interfaces }: SwitchState, rules: Rules): Foreign[] {
  return [...rules.interfaces].flatMap((name) => {
    const port = interfaces.get(name);
    if (!port) return [{ what: name, why: "the switch has no such interface" }];
    const state = portStateOf(port);
    return state.is === "foreign" ? [{ what: name, why: state.why }] : [];
  });
}
