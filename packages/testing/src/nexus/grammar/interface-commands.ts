import { type Port, unconfigured } from "../device/configuration.ts";
import type { Device } from "../device/device.ts";
import { isPortChannel, parseInterfaces } from "../device/interface-name.ts";
import { invalidCommand, Refusal } from "../device/refusal.ts";
import { type Command, type CommandContext, commands, type Words } from "./command.ts";

/** Who has joined a port channel is configured there. */
const memberRefuses = "ERROR: port already in a port-channel, no config allowed";

export const interfaceCommands: readonly Command[] = [
  ...commands("config", "configure", {
    "interface <interfaces...>": enterInterfaces,
    "no interface <interfaces...>": removeInterfaces,
    "default interface <interfaces...>": (context, { interfaces }) => {
      for (const name of parseInterfaces(interfaces as string)) reset(context.device, name);
    },
  }),
  ...commands("interface", "configure", {
    "description <text...>": (context, { text }) => each(context, { description: text }),
    "no description": (context) => each(context, { description: undefined }),
    shutdown: (context) => each(context, { shutdown: true }),
    "no shutdown": (context) => each(context, { shutdown: false }),
    "mtu <bytes>": (context, { bytes }) => setMtu(context, bytes as string),
    "no mtu": (context) => eachFree(context, () => ({ mtu: 1500 })),
    switchport: (context) => setLayer(context, "switched"),
    "no switchport": (context) => setLayer(context, "routed"),
    "channel-group <number>": (context, { number }) => join(context, number as string),
    "channel-group <number> mode <mode>": (context, { number, mode }) => join(context, number as string, mode),
    "channel-group <number> force": (context, { number }) => join(context, number as string),
    "channel-group <number> force mode <mode>": (context, { number, mode }) => join(context, number as string, mode),
    "no channel-group": (context) => each(context, { channel: undefined }),
  }),
];

/** A port channel is made by entering it; an Ethernet port is there or not. */
function enterInterfaces(context: CommandContext, { interfaces }: Words): void {
  const names = parseInterfaces(interfaces as string);
  for (const name of names) requireInterface(context.device, name);
  for (const name of names) makePort(context.device, name);
  context.mode = { kind: "interface", interfaces: names };
}

function removeInterfaces(context: CommandContext, { interfaces }: Words): void {
  const { running } = context.device;
  const names = parseInterfaces(interfaces as string);
  if (!names.every(isPortChannel)) throw new Refusal(invalidCommand);
  for (const name of names) {
    for (const member of running.members(name)) member.channel = undefined;
    running.ports.delete(name);
  }
  context.mode = { kind: "config" };
}

function reset(device: Device, name: string): void {
  requireInterface(device, name);
  device.running.ports.set(name, unconfigured(name, device.personality.portsAre));
}

function requireInterface(device: Device, name: string): void {
  if (!isPortChannel(name) && !device.running.ports.has(name)) {
    throw new Refusal("Invalid interface format at '^' marker.");
  }
}

function makePort(device: Device, name: string): Port {
  const port = device.running.ports.get(name) ?? unconfigured(name, device.personality.portsAre);
  device.running.ports.set(name, port);
  return port;
}

/** Changing between routed and switched forgets what was configured of either. */
function setLayer(context: CommandContext, layer: Port["layer"]): void {
  eachFree(context, (port) => {
    if (port.layer === layer) return {};
    const { shutdown, description, mtu } = port;
    return { ...unconfigured(port.name, layer), layer, shutdown, description, mtu };
  });
}

function setMtu(context: CommandContext, bytes: string): void {
  const mtu = Number(bytes);
  if (!/^\d+$/.test(bytes) || mtu < 576 || mtu > 9216) throw new Refusal("% Invalid value/range");
  eachFree(context, () => ({ mtu }));
}

function join(context: CommandContext, number: string, mode = "on"): void {
  const channel = Number(number);
  const names = ports(context).map(({ name }) => name);
  if (!/^\d+$/.test(number) || channel < 1 || channel > 4096) throw new Refusal("% Invalid value/range");
  const how = (["on", "active", "passive"] as const).find((each) => each === mode);
  if (!how || names.some(isPortChannel)) throw new Refusal(invalidCommand);
  const name = `port-channel${channel}`;
  const [first] = ports(context);
  // A new port channel is configured as its first member was; a member as its port channel is.
  if (first && !context.device.running.ports.has(name))
    Object.assign(makePort(context.device, name), forwardingOf(first));
  const bundle = makePort(context.device, name);
  each(context, { ...forwardingOf(bundle), channel: { number: channel, mode: how } });
}

/** What a port channel and its members have in common. */
function forwardingOf({ layer, mode, accessVlan, nativeVlan, allowed, mtu }: Port) {
  return { layer, mode, accessVlan, nativeVlan, allowed, mtu };
}

/**
 * Changes the ports of the mode, and with a port channel its members.
 *
 * @throws Refusal when one of them is a member of a port channel
 */
export function eachFree(context: CommandContext, change: (port: Port) => Partial<Port>): void {
  const all = ports(context);
  if (all.some(({ channel }) => channel !== undefined)) throw new Refusal(memberRefuses);
  for (const port of all) {
    Object.assign(port, change(port));
    for (const member of context.device.running.members(port.name)) Object.assign(member, forwardingOf(port));
  }
}

function each(context: CommandContext, change: Partial<Port>): void {
  for (const port of ports(context)) Object.assign(port, change);
}

/** @throws Refusal when somebody else has deleted a port channel of the mode meanwhile */
function ports(context: CommandContext): Port[] {
  const { mode, device } = context;
  if (mode.kind !== "interface") return [];
  return mode.interfaces.map((name) => {
    const port = device.running.ports.get(name);
    if (!port) throw new Refusal(`ERROR: interface ${name} does not exist`);
    return port;
  });
}
