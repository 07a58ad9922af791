import type { Port } from "../device/configuration.ts";
import type { Device } from "../device/device.ts";
import { isPortChannel, shortName } from "../device/interface-name.ts";
import { formatVlanList } from "../device/vlan-list.ts";
import type { Output } from "../grammar/command.ts";
import { columns } from "./rows.ts";
import { allowedText } from "./switchport.ts";

/** The trunks that there are, up or not, in four tables. */
export function showTrunk(device: Device, ports: readonly Port[]): Output {
  const trunks = ports.filter((port) => port.layer === "switched" && port.mode === "trunk");
  const rows = trunks.map((port) => ({
    name: port.name,
    native: String(port.nativeVlan),
    status: port.channel === undefined ? (device.isUp(port) ? "trunking" : "not-trunking") : "trnk-bndl",
    channel: port.channel === undefined ? "--" : `Po${port.channel.number}`,
    allowed: allowedText(port),
    forwarding: forwarding(device, port),
  }));
  const body = {
    TABLE_interface: rows.map((row) => ({
      interface: row.name,
      native: row.native,
      status: row.status,
      portchannel: row.channel,
    })),
    TABLE_allowed_vlans: rows.map((row) => ({ interface: row.name, allowedvlans: row.allowed })),
    TABLE_vtp_pruning: rows.map((row) => ({ interface: row.name, vtppruning_vlans: "none" })),
    TABLE_stp_forward: rows.map((row) => ({ interface: row.name, stpfwd_vlans: row.forwarding })),
  };
  const part = (title: string, cell: (row: (typeof rows)[number]) => string) =>
    [`${"Port".padEnd(14)}${title}`, ...rows.map((row) => shortName(row.name).padEnd(14) + cell(row))].join("\n");
  const text = [
    part("Native  Status        Port Channel", (row) => row.native.padEnd(8) + row.status.padEnd(14) + row.channel),
    part("Vlans Allowed on Trunk", (row) => row.allowed),
    part("STP Forwarding", (row) => row.forwarding),
  ].join("\n\n");
  return { text, body };
}

/** Of the VLANs that a trunk allows, those that exist and are in service. */
function forwarding(device: Device, port: Port): string {
  if (!device.isUp(port) || port.channel !== undefined) return "none";
  const active = device.running
    .vlansById()
    .filter((vlan) => !vlan.suspended && !vlan.shutdown && device.running.carries(port, vlan.id));
  return formatVlanList(active.map(({ id }) => id)) || "none";
}

export function showStatus(device: Device, ports: readonly Port[]): Output {
  const rows = ports.map((port) => ({
    interface: port.name,
    ...(port.description !== undefined && { name: port.description }),
    state: port.shutdown ? "disabled" : device.isUp(port) ? "connected" : "notconnec",
    vlan: vlanColumn(port),
    duplex: device.isUp(port) ? "full" : "auto",
    speed: device.isUp(port) ? "10G" : "auto",
    type: isPortChannel(port.name) ? "--" : "10Gbase-SR",
  }));
  const head = ["Port", "Name", "Status", "Vlan", "Duplex", "Speed", "Type"];
  const lines = rows.map((row) => [
    shortName(row.interface),
    row.name ?? "--",
    row.state,
    row.vlan,
    row.duplex,
    row.speed,
    row.type,
  ]);
  return { text: columns([14, 19, 10, 10, 8, 8, 0], [head, ...lines]), body: { TABLE_interface: rows } };
}

export function showBrief(device: Device, ports: readonly Port[]): Output {
  const rows = ports.map((port) => ({
    interface: port.name,
    vlan: port.layer === "routed" ? "--" : String(port.mode === "trunk" ? port.nativeVlan : port.accessVlan),
    type: "eth",
    portmode: port.layer === "routed" ? "routed" : port.mode,
    state: device.isUp(port) ? "up" : "down",
    state_rsn_desc: device.isUp(port) ? "none" : port.shutdown ? "Administratively down" : "Link not connected",
    speed: device.isUp(port) ? "10G" : "auto",
    ratemode: "D",
    ...(port.channel !== undefined && { portchan: String(port.channel.number) }),
  }));
  const head = ["Interface", "VLAN", "Type", "Mode", "Status", "Reason"];
  const lines = rows.map((row) => [
    shortName(row.interface),
    row.vlan,
    row.type,
    row.portmode,
    row.state,
    row.state_rsn_desc,
  ]);
  return { text: columns([14, 8, 5, 8, 8, 0], [head, ...lines]), body: { TABLE_interface: rows } };
}

/** The members of each port channel. */
export function showPortChannels(device: Device): Output {
  const channels = device.running.portsByName().filter((port) => isPortChannel(port.name));
  const rows = channels.map((channel) => ({
    group: channel.name.replace("port-channel", ""),
    "port-channel": channel.name,
    layer: channel.layer === "routed" ? "R" : "S",
    status: device.isUp(channel) ? "U" : "D",
    type: "Eth",
    prtcl: "NONE",
    TABLE_member: device.running.members(channel.name).map((member) => ({
      port: member.name,
      "port-status": device.isUp(member) ? "P" : "D",
    })),
  }));
  const lines = rows.map((row) => [
    row.group,
    `${shortName(row["port-channel"])}(${row.layer}${row.status})`,
    row.type,
    row.prtcl,
    row.TABLE_member.map((member) => `${shortName(member.port)}(${member["port-status"]})`).join(" "),
  ]);
  const head = ["Group", "Port-Channel", "Type", "Protocol", "Member Ports"];
  return { text: columns([6, 14, 9, 10, 0], [head, ...lines]), body: { TABLE_channel: rows } };
}

function vlanColumn(port: Port): string {
  if (port.layer === "routed") return "routed";
  return port.mode === "trunk" ? "trunk" : String(port.accessVlan);
}
