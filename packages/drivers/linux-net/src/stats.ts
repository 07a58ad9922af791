import type { DriverCall } from "@reeve/driver-sdk";
import type { NetworkStats, VlanRanges } from "@reeve/driver-sdk/network";
import { listedPort } from "./decision/listed-port.ts";
import { flatVlan, usableVlans } from "./decision/wiring.ts";
import type { Device } from "./device.ts";
import type { HostView } from "./host/host-view.ts";
import { bridgeName } from "./names.ts";

/** The most that a veth or a bridge takes. */
const mostMtu = 65_535;
const [firstVlan, lastVlan] = usableVlans;

export function vlanRanges(device: Device): VlanRanges {
  return device.filtering ? { usable: [usableVlans], reserved: [[flatVlan, flatVlan]] } : { usable: [], reserved: [] };
}

export async function measureStats(device: Device, { signal }: DriverCall): Promise<NetworkStats> {
  const view = await device.reader.host(signal, ({ hasMembers }) => hasMembers);
  return {
    vlans: device.filtering
      ? {
          usable: [[firstVlan, lastVlan]],
          reserved: [[flatVlan, flatVlan]],
          max: (lastVlan - firstVlan + 1) * Object.keys(device.options.physicalNetworks).length,
          used: usedVlans(device, view),
        }
      : null,
    mtuMax: Math.min(mostMtu, ...uplinkMtus(device, view)),
    attachments: view.own("port").filter((link) => listedPort(device, view, link) !== undefined).length,
    // Nothing here can be saved: the incarnation tells that everything is gone.
    unsavedChanges: false,
    saturation: device.saturation,
  };
}

/** Those of our networks, and those that anybody gave to a member of a bridge of ours. */
function usedVlans({ options }: Device, view: HostView): number {
  const used = new Set<string>();
  for (const { segment, physicalNetwork } of view.segments)
    if (segment.kind === "vlan") used.add(`${physicalNetwork}/${segment.vlanId}`);
  for (const name of Object.keys(options.physicalNetworks))
    for (const member of view.members(bridgeName(name)))
      for (const { vlanId } of view.carried(member.name)) if (vlanId !== flatVlan) used.add(`${name}/${vlanId}`);
  return used.size;
}

function uplinkMtus({ options }: Device, view: HostView): number[] {
  return Object.values(options.physicalNetworks).flatMap(({ uplink }) => {
    const link = uplink === undefined ? undefined : view.link(uplink);
    return link ? [link.mtu] : [];
  });
}
