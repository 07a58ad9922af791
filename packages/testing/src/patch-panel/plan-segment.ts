import { DriverError } from "@reeve/driver-sdk";
import { markOf, type SegmentKey, type SegmentSpec } from "@reeve/driver-sdk/network";
import type { PanelCommand } from "./panel-command.ts";
import { type PanelLimits, within } from "./panel-limits.ts";
import { lineKey, type PanelConfiguration } from "./panel-state.ts";

/** The label of the line of a network, or of the plug of a port. */
export function labelOf(id: string): string {
  return `rv-${markOf(id)}`;
}

/** What makes a panel carry a network as it is to be. */
export function planEnsure(now: PanelConfiguration, spec: SegmentSpec, limits: PanelLimits): PanelCommand[] {
  const { networkId, segment, physicalNetwork, mtu, name } = spec;
  requirePhysicalNetwork(physicalNetwork, limits);
  if (segment.kind === "vlan" && !limits.vlans)
    throw new DriverError("UNIMPLEMENTED", "segment.kind: this panel carries no VLANs");
  if (mtu > limits.mtuMax)
    throw precondition(`mtu: ${mtu} is more than the ${limits.mtuMax} bytes that this panel carries`);
  if (segment.kind === "vlan" && !within(limits.usable, segment.vlanId))
    throw precondition(`segment.vlanId: this panel does not give VLAN ${segment.vlanId} to networks`);

  const key = lineKey(physicalNetwork, segment);
  const label = labelOf(networkId);
  const note = { networkId, name };
  const elsewhere = Object.entries(now.lines).find(([other, line]) => line.label === label && other !== key);
  if (elsewhere) {
    const [other, { group }] = elsewhere;
    throw group === limits.group
      ? new DriverError("ALREADY_EXISTS", `network ${networkId} is line ${other} here`)
      : foreign(`line ${other} has the label ${label} and belongs to group ${group}`);
  }
  const line = now.lines[key];
  if (!line) {
    const vlans = Object.keys(now.lines).filter((other) => !other.endsWith("/0")).length;
    if (segment.kind === "vlan" && vlans >= limits.maxVlans)
      throw new DriverError("RESOURCE_EXHAUSTED", `the panel has no room for more than ${limits.maxVlans} VLANs`);
    return [
      { verb: "line add", key, label, group: limits.group, mtu },
      { verb: "line note", key, note },
    ];
  }
  requireOurs(key, line, limits);
  if (line.label !== label)
    throw new DriverError("ALREADY_EXISTS", `line ${key} is another network's here`, {
      data: { networkId: line.note?.networkId },
    });
  const commands: PanelCommand[] = [];
  if (line.mtu !== mtu) commands.push({ verb: "line set", key, mtu });
  if (line.note?.networkId !== networkId || line.note.name !== name) commands.push({ verb: "line note", key, note });
  return commands;
}

/** What makes a panel carry a network no longer. */
export function planRemove(now: PanelConfiguration, spec: SegmentKey, limits: PanelLimits): PanelCommand[] {
  requirePhysicalNetwork(spec.physicalNetwork, limits);
  const key = lineKey(spec.physicalNetwork, spec.segment);
  return now.lines[key]?.label === labelOf(spec.networkId) ? planRemoveLine(now, key, limits) : [];
}

/** What removes a line of ours that is there. */
export function planRemoveLine(now: PanelConfiguration, key: string, limits: PanelLimits): PanelCommand[] {
  const line = now.lines[key]!;
  requireOurs(key, line, limits);
  const users = Object.entries(now.sockets).filter(([, members]) => key in members);
  const ours = Object.values(now.plugs).filter(
    ({ group, socket }) => group === limits.group && users.some(([user]) => user === socket),
  );
  if (ours.length > 0) throw precondition(`line ${key} has ${ours.length} ports`);
  // A foreign member would be cut off: the line is its own by now.
  const others = users.filter(([, members]) => members[key]!.group !== limits.group);
  if (others.length > 0) throw foreign(`${others.map(([user]) => user).join(", ")} carries line ${key}`);
  return [
    ...users.map(([socket]) => ({ verb: "socket leave", socket, line: key }) as const),
    { verb: "line delete", key },
  ];
}

export function requirePhysicalNetwork(name: string, { physicalNetworks }: PanelLimits): void {
  if (!physicalNetworks.includes(name))
    throw new DriverError("NOT_FOUND", `physicalNetwork: the panel has ${physicalNetworks.join(", ")}, got "${name}"`);
}

function requireOurs(key: string, line: { readonly label: string; readonly group: number }, limits: PanelLimits) {
  if (line.group !== limits.group) throw foreign(`line ${key} (${line.label}) belongs to group ${line.group}`);
}

export function precondition(message: string): DriverError {
  return new DriverError("FAILED_PRECONDITION", message);
}

/** Something that is not ours is in the way. */
export function foreign(what: string): DriverError {
  return precondition(`${what}, which is not ours; move it away or choose another`);
}
