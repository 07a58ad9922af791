import { nameOf, type Vlan } from "../device/configuration.ts";
import type { Device } from "../device/device.ts";
import { shortName } from "../device/interface-name.ts";
import { Refusal } from "../device/refusal.ts";
import { formatVlanList, parseVlanList } from "../device/vlan-list.ts";
import type { Output } from "../grammar/command.ts";
import { columns, type ShowBody } from "./rows.ts";

/** A string of a port list holds so many ports; the next ones follow in the next string. */
const portsPerString = 64;

/** `show vlan` has a second table; `show vlan brief` names its one differently. */
export function showVlan(device: Device): Output {
  const vlans = device.running.vlansById();
  return output(device, vlans, { TABLE_vlanbrief: rows(device, vlans), TABLE_mtuinfo: mediaRows(vlans) });
}

export function showVlanBrief(device: Device): Output {
  const vlans = device.running.vlansById();
  return output(device, vlans, { TABLE_vlanbriefxbrief: rows(device, vlans) });
}

/** @throws Refusal when none of the VLANs exists */
export function showVlanId(device: Device, ids: string): Output {
  const wanted = new Set(parseVlanList(ids));
  const vlans = device.running.vlansById().filter(({ id }) => wanted.has(id));
  if (vlans.length === 0) throw new Refusal(`VLAN ${ids} not found in current VLAN database`);
  return output(device, vlans, {
    "vlanshowrspan-vlantype": "notrspan",
    "is-vtp-manageable": "enabled",
    TABLE_mtuinfoid: mediaRows(vlans),
    TABLE_vlanbriefid: rows(device, vlans),
  });
}

/** How many there are. */
export function showVlanSummary(device: Device): Output {
  const count = device.running.vlans.size;
  const text = `Number of existing VLANs           : ${count}\n Number of existing user VLANs     : ${count}\n Number of existing extended VLANs : 0`;
  const sum = String(count);
  return {
    text,
    body: { "vlansum-all-vlan": sum, "vlansum-user-vlan": sum, "vlansum-extended-vlan": "0" },
  };
}

function rows(device: Device, vlans: readonly Vlan[]): ShowBody[] {
  return vlans.map((vlan) => {
    const ports = portsOf(device, vlan.id);
    return {
      "vlanshowbr-vlanid": vlanId(device, vlan.id),
      "vlanshowbr-vlanid-utf": device.personality.numericIds ? vlan.id : String(vlan.id),
      "vlanshowbr-vlanname": nameOf(vlan),
      "vlanshowbr-vlanstate": vlan.suspended ? "suspend" : "active",
      "vlanshowbr-shutstate": vlan.shutdown ? "shutdown" : "noshutdown",
      ...(ports.length > 0 && { "vlanshowplist-ifidx": portList(ports, device.personality.portRanges) }),
    };
  });
}

function vlanId(device: Device, id: number): string | number {
  const { numericIds, swappedVlanId } = device.personality;
  const shown = swappedVlanId ? Buffer.from(Uint32Array.of(id).buffer).readUInt32BE() : id;
  return numericIds ? shown : String(shown);
}

function mediaRows(vlans: readonly Vlan[]): ShowBody[] {
  return vlans.map(({ id }) => ({
    "vlanshowinfo-vlanid": String(id),
    "vlanshowinfo-media-type": "enet",
    "vlanshowinfo-vlanmode": "ce-vlan",
  }));
}

/** Access ports in it, trunks that carry it. */
function portsOf(device: Device, id: number): string[] {
  return device.running
    .portsByName()
    .filter((port) => device.running.carries(port, id))
    .map(({ name }) => name);
}

function portList(ports: readonly string[], ranges: boolean): string | string[] {
  const strings: string[] = [];
  for (let at = 0; at < ports.length; at += portsPerString) {
    const some = ports.slice(at, at + portsPerString);
    strings.push(ranges ? portRanges(some) : some.join(","));
  }
  return strings.length === 1 ? (strings[0] as string) : strings;
}

function portRanges(ports: readonly string[]): string {
  const byPrefix = Map.groupBy(ports, (name) => name.replace(/\d+$/, ""));
  return [...byPrefix]
    .flatMap(([prefix, names]) => {
      const numbers = names.map((name) => Number(name.slice(prefix.length)));
      return formatVlanList(numbers)
        .split(",")
        .map((range) => prefix + range);
    })
    .join(",");
}

function output(device: Device, vlans: readonly Vlan[], body: ShowBody): Output {
  const head = [
    ["VLAN", "Name", "Status", "Ports"],
    ["----", "-".repeat(32), "---------", "-".repeat(31)],
  ];
  const lines = vlans.map((vlan) => [
    String(vlan.id),
    nameOf(vlan),
    vlan.shutdown ? "act/lshut" : vlan.suspended ? "suspended" : "active",
    portsOf(device, vlan.id).map(shortName).join(", "),
  ]);
  return { text: columns([5, 33, 10, 0], [...head, ...lines]), body };
}
