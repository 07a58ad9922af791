import type { Port } from "../device/configuration.ts";
import type { Device } from "../device/device.ts";
import { parseInterfaces } from "../device/interface-name.ts";
import { Refusal } from "../device/refusal.ts";
import { showBrief, showPortChannels, showStatus, showTrunk } from "../shows/interfaces.ts";
import { showSwitchport } from "../shows/switchport.ts";
import {
  showCheckpoints,
  showInternalUsage,
  showReserved,
  showResource,
  showRunning,
  showStartup,
  showVersion,
} from "../shows/system.ts";
import { showVlan, showVlanBrief, showVlanId, showVlanSummary } from "../shows/vlans.ts";
import { type Command, commands } from "./command.ts";

export const showCommands: readonly Command[] = commands("exec", "show", {
  "show vlan": ({ device }) => showVlan(device),
  "show vlan brief": ({ device }) => showVlanBrief(device),
  "show vlan id <vlans>": ({ device }, { vlans }) => showVlanId(device, vlans as string),
  "show vlan summary": ({ device }) => showVlanSummary(device),
  "show vlan reserved": ({ device }) => showReserved(device),
  "show system vlan reserved": ({ device }) => showReserved(device),
  "show vlan internal usage": ({ device }) => showInternalUsage(device),
  "show vdc resource": ({ device }) => showResource(device),
  "show resource": ({ device }) => showResource(device),
  "show interface switchport": ({ device }) => showSwitchport(device, all(device)),
  "show interface <interface> switchport": ({ device }, { interface: name }) =>
    showSwitchport(device, one(device, name)),
  "show interface trunk": ({ device }) => showTrunk(device, all(device)),
  "show interface <interface> trunk": ({ device }, { interface: name }) => showTrunk(device, one(device, name)),
  "show interface status": ({ device }) => showStatus(device, all(device)),
  "show interface <interface> status": ({ device }, { interface: name }) => showStatus(device, one(device, name)),
  "show interface brief": ({ device }) => showBrief(device, all(device)),
  "show interface <interface> brief": ({ device }, { interface: name }) => showBrief(device, one(device, name)),
  "show port-channel summary": ({ device }) => showPortChannels(device),
  "show running-config": ({ device }) => showRunning(device, { all: true }),
  "show running-config vlan": ({ device }) => showRunning(device, { vlans: undefined }),
  "show running-config vlan <vlans>": ({ device }, { vlans }) => showRunning(device, { vlans }),
  "show running-config interface": ({ device }) => showRunning(device, { ports: all(device).map(({ name }) => name) }),
  "show running-config interface <interfaces...>": ({ device }, { interfaces }) =>
    showRunning(device, { ports: one(device, interfaces).map(({ name }) => name) }),
  "show startup-config": ({ device }) => showStartup(device),
  "show version": ({ device }) => showVersion(device),
  "show checkpoint summary": ({ device }) => showCheckpoints(device),
});

function all(device: Device): Port[] {
  return device.running.portsByName();
}

/** @throws Refusal when there is none of this name */
function one(device: Device, text: string | undefined): Port[] {
  return parseInterfaces(text ?? "").map((name) => {
    const port = device.running.ports.get(name);
    if (!port) throw new Refusal("Invalid interface format at '^' marker.");
    return port;
  });
}
