import type { Port } from "../device/configuration.ts";
import { Refusal } from "../device/refusal.ts";
import { parseVlanList } from "../device/vlan-list.ts";
import { everyVlan, noVlans, VlanSet } from "../device/vlan-set.ts";
import { type Command, type CommandContext, commands, type Said, type Words } from "./command.ts";
import { eachFree } from "./interface-commands.ts";
import { makeVlans } from "./vlan-commands.ts";

export const switchportCommands: readonly Command[] = commands("interface", "configure", {
  "switchport mode access": (context) => eachSwitched(context, () => ({ mode: "access" })),
  "switchport mode trunk": (context) => eachSwitched(context, () => ({ mode: "trunk" })),
  "no switchport mode": (context) => eachSwitched(context, () => ({ mode: "access" })),
  "switchport access vlan <vlan>": setAccess,
  "no switchport access vlan": (context) => eachSwitched(context, () => ({ accessVlan: 1 })),
  "no switchport access vlan <vlan>": (context) => eachSwitched(context, () => ({ accessVlan: 1 })),
  "switchport trunk native vlan <vlan>": (context, words) => {
    const id = oneVlan(words);
    eachSwitched(context, () => ({ nativeVlan: id }));
  },
  "no switchport trunk native vlan": (context) => eachSwitched(context, () => ({ nativeVlan: 1 })),
  "no switchport trunk native vlan <vlan>": (context) => eachSwitched(context, () => ({ nativeVlan: 1 })),

  // The list is replaced, whatever it was.
  "switchport trunk allowed vlan <vlans>": (context, { vlans }) => {
    const list = new VlanSet(parseVlanList(vlans as string));
    allow(context, () => list);
  },
  "switchport trunk allowed vlan all": (context) => allow(context, () => everyVlan),
  "switchport trunk allowed vlan none": (context) => allow(context, () => noVlans),
  "switchport trunk allowed vlan except <vlans>": (context, { vlans }) => {
    const list = everyVlan.without(parseVlanList(vlans as string));
    allow(context, () => list);
  },
  // A trunk that allows all goes on doing so (cisco.nxos #920).
  "switchport trunk allowed vlan add <vlans>": (context, { vlans }) => {
    const ids = parseVlanList(vlans as string);
    allow(context, (allowed) => allowed.with(ids));
  },
  "switchport trunk allowed vlan remove <vlans>": (context, { vlans }) => {
    const ids = parseVlanList(vlans as string);
    allow(context, (allowed) => allowed.without(ids));
  },
  // Without a list a trunk allows all (cisco.nxos #910), whatever ids are named.
  "no switchport trunk allowed vlan": (context) => allow(context, () => everyVlan),
  "no switchport trunk allowed vlan <vlans>": (context) => allow(context, () => everyVlan),
});

/** A list of all ids and no list are the same. */
function allow(context: CommandContext, change: (allowed: VlanSet) => VlanSet): void {
  eachSwitched(context, (port) => {
    const allowed = change(port.allowed === "all" ? everyVlan : port.allowed);
    return { allowed: allowed.size === everyVlan.size ? "all" : allowed };
  });
}

/** A VLAN that is missing is made on some platforms; on others the port waits for it. */
function setAccess(context: CommandContext, words: Words): Said {
  const { device } = context;
  const id = oneVlan(words);
  eachSwitched(context, () => ({}));
  const missing = !device.running.vlans.has(id);
  if (missing && device.personality.accessMakesVlan) makeVlans(device, [id]);
  eachSwitched(context, () => ({ accessVlan: id }));
  if (!missing) return;
  return `Warning: Access VLAN does not exist.${device.personality.accessMakesVlan ? ` Creating VLAN ${id}` : ""}`;
}

function oneVlan({ vlan }: Words): number {
  const ids = parseVlanList(vlan as string);
  if (ids.length !== 1) throw new Refusal("% Invalid value/range");
  return ids[0] as number;
}

/** @throws Refusal on a routed port */
function eachSwitched(context: CommandContext, change: (port: Port) => Partial<Port>): void {
  const { device, mode } = context;
  const names = mode.kind === "interface" ? mode.interfaces : [];
  if (names.some((name) => device.running.ports.get(name)?.layer === "routed")) {
    throw new Refusal("ERROR: Command not allowed on an L3 port");
  }
  eachFree(context, change);
}
