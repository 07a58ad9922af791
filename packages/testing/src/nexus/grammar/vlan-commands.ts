import { defaultName, nameOf, type Vlan } from "../device/configuration.ts";
import type { Device } from "../device/device.ts";
import { Refusal } from "../device/refusal.ts";
import { parseVlanList } from "../device/vlan-list.ts";
import { type Command, type CommandContext, commands, type Words } from "./command.ts";

const firstExtended = 1006;

export const vlanCommands: readonly Command[] = [
  ...commands("config", "configure", {
    "vlan <vlans>": enterVlans,
    "no vlan <vlans>": removeVlans,
  }),
  ...commands("vlan", "configure", {
    "name <name>": (context, { name }) => rename(context, name as string),
    "no name": (context) => each(context, { name: undefined }),
    "state active": (context) => eachInService(context, { suspended: false }),
    "state suspend": (context) => eachInService(context, { suspended: true }),
    shutdown: (context) => eachInService(context, { shutdown: true }),
    "no shutdown": (context) => eachInService(context, { shutdown: false }),
  }),
];

/** Makes those that are missing, all or none. */
function enterVlans(context: CommandContext, { vlans }: Words): void {
  const ids = parseVlanList(vlans as string);
  makeVlans(context.device, ids);
  context.mode = { kind: "vlan", vlans: ids };
}

/** @throws Refusal when one is reserved, or there is no room for all of them */
export function makeVlans(device: Device, ids: readonly number[]): void {
  const table = device.running.vlans;
  const reserved = ids.find((id) => device.isReserved(id));
  if (reserved !== undefined) throw new Refusal(`ERROR: VLAN ${reserved} is reserved for internal use`);
  const missing = ids.filter((id) => !table.has(id));
  if (table.size + missing.length > device.personality.maxVlans) {
    throw new Refusal("ERROR: Cannot create VLAN: hardware resource limit reached");
  }
  for (const id of missing) table.set(id, { id, suspended: false, shutdown: false });
}

/** Ports stay on a VLAN that is deleted, without traffic. */
function removeVlans(context: CommandContext, { vlans }: Words): void {
  const { running, personality } = context.device;
  const ids = parseVlanList(vlans as string);
  if (ids.includes(1)) throw new Refusal("ERROR: Cannot delete default VLAN 1");
  if (!ids.some((id) => running.vlans.has(id)) && personality.deletingAbsentVlan === "refused") {
    throw new Refusal("ERROR: None of the VLANs exist");
  }
  for (const id of ids) running.vlans.delete(id);
  context.mode = { kind: "config" };
}

function rename(context: CommandContext, name: string): void {
  const { running } = context.device;
  const [vlan, ...more] = vlansOf(context);
  if (!vlan) return;
  if (more.length > 0) throw new Refusal("ERROR: Command is only allowed on single VLAN");
  if (vlan.id === 1) throw new Refusal("ERROR: Default VLAN 1 cannot be renamed");
  const longest = running.longVlanNames ? 128 : 32;
  if (name.length > longest) throw new Refusal(`% String exceeded max length of (${longest})`);
  const taken = Array.from(running.vlans.values()).some((other) => other.id !== vlan.id && nameOf(other) === name);
  if (taken) throw new Refusal("ERROR: VLAN with the same name exists");
  vlan.name = name === defaultName(vlan.id) ? undefined : name;
}

function eachInService(context: CommandContext, change: Partial<Vlan>): void {
  const extended = vlansOf(context).some(({ id }) => id >= firstExtended);
  if (extended && !context.device.personality.suspendsExtendedVlans) {
    throw new Refusal("ERROR: Can't modify state for extended VLAN");
  }
  each(context, change);
}

function each(context: CommandContext, change: Partial<Vlan>): void {
  for (const vlan of vlansOf(context)) Object.assign(vlan, change);
}

/** Those of the mode that somebody else has not deleted meanwhile: a command for one makes it again, as entering it did. */
function vlansOf(context: CommandContext): Vlan[] {
  const { mode, device } = context;
  if (mode.kind !== "vlan") return [];
  makeVlans(
    device,
    mode.vlans.filter((id) => id !== 1),
  );
  return mode.vlans.flatMap((id) => device.running.vlans.get(id) ?? []);
}
