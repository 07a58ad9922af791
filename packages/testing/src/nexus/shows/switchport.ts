import { nameOf, type Port } from "../device/configuration.ts";
import type { Device } from "../device/device.ts";
import { lastVlanId } from "../device/vlan-list.ts";
import type { Output } from "../grammar/command.ts";
import type { ShowBody } from "./rows.ts";

const privateVlan = [
  ["Administrative private-vlan primary host-association", "none"],
  ["Administrative private-vlan secondary host-association", "none"],
  ["Administrative private-vlan primary mapping", "none"],
  ["Administrative private-vlan secondary mapping", "none"],
  ["Administrative private-vlan trunk native VLAN", "none"],
  ["Administrative private-vlan trunk encapsulation", "dot1q"],
  ["Administrative private-vlan trunk normal VLANs", "none"],
  ["Administrative private-vlan trunk private VLANs", "none"],
  ["Operational private-vlan", "none"],
] as const;

/** Ports as the switch runs them now: what a port that is down will be, only its configuration tells. */
export function showSwitchport(device: Device, ports: readonly Port[]): Output {
  return {
    text: ports.map((port) => textOf(device, port)).join("\n"),
    body: { TABLE_interface: ports.map((port) => rowOf(device, port)) },
  };
}

function rowOf(device: Device, port: Port): ShowBody {
  if (port.layer === "routed") {
    return {
      interface: port.name,
      switchport: "Disabled",
      switchport_monitor: "Not enabled",
      oper_mode: operMode(device, port),
    };
  }
  return {
    interface: port.name,
    switchport: "Enabled",
    switchport_monitor: "Not enabled",
    oper_mode: operMode(device, port),
    access_vlan: vlanNumber(device, port.accessVlan),
    access_vlan_name: vlanName(device, port.accessVlan),
    native_vlan: vlanNumber(device, port.nativeVlan),
    native_vlan_name: vlanName(device, port.nativeVlan),
    trunk_vlans: allowedText(port),
  };
}

function textOf(device: Device, port: Port): string {
  const lines: (readonly [label: string, value: string])[] = [
    ["Switchport", port.layer === "switched" ? "Enabled" : "Disabled"],
    ["Switchport Monitor", "Not enabled"],
    ["Operational Mode", operMode(device, port)],
  ];
  if (port.layer === "switched") {
    lines.push(
      ["Access Mode VLAN", `${port.accessVlan} (${vlanName(device, port.accessVlan)})`],
      ["Trunking Native Mode VLAN", `${port.nativeVlan} (${vlanName(device, port.nativeVlan)})`],
      ["Trunking VLANs Allowed", allowedText(port)],
      ...privateVlan,
    );
  }
  return [`Name: ${port.name}`, ...lines.map(([label, value]) => `  ${label}: ${value}`)].join("\n");
}

function operMode(device: Device, port: Port): string {
  return device.isUp(port) ? (port.layer === "routed" ? "routed" : port.mode) : "down";
}

function vlanNumber(device: Device, id: number): string | number {
  return device.personality.numericIds ? id : String(id);
}

function vlanName(device: Device, id: number): string {
  const vlan = device.running.vlans.get(id);
  return vlan ? nameOf(vlan) : "Vlan not created";
}

/** `1-4094` for all, `none` for none. */
export function allowedText(port: Port): string {
  if (port.allowed === "all") return `1-${lastVlanId}`;
  return port.allowed.text || "none";
}
