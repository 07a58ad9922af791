import { DriverError } from "@reeve/driver-sdk";
import type { Attachment, AttachmentSpec, DetachSpec, PortKey } from "@reeve/driver-sdk/network";
import { changed, type PanelCommand } from "./panel-command.ts";
import type { PanelLimits } from "./panel-limits.ts";
import { lineKey, ownNamespace, type PanelConfiguration, type Socket, socketOf } from "./panel-state.ts";
import { foreign, labelOf, precondition, requirePhysicalNetwork } from "./plan-segment.ts";
import { requirePlace } from "./require-place.ts";

/** What makes a port be as it is to be. Its socket joins the line last: what is half made carries nothing. */
export function planAttach(now: PanelConfiguration, spec: AttachmentSpec, limits: PanelLimits): PanelCommand[] {
  const { portId, generation, networkId, segment, physicalNetwork, mac, mtu, addresses, gateways, point } = spec;
  requirePhysicalNetwork(physicalNetwork, limits);
  if (mtu > limits.mtuMax)
    throw precondition(`mtu: ${mtu} is more than the ${limits.mtuMax} bytes that this panel carries`);
  const label = labelOf(portId);
  const key = lineKey(physicalNetwork, segment);
  const socket = socketOf(point, label, portId);
  const line = now.lines[key];
  if (line?.label !== labelOf(networkId) || line.group !== limits.group)
    throw precondition(`network ${networkId} is not carried as line ${key}; ensure its segment first`);

  const commands: PanelCommand[] = [];
  let next = now;
  const push = (...more: PanelCommand[]) => {
    commands.push(...more);
    next = more.reduce(changed, next);
  };
  const plug = now.plugs[label];
  if (plug) {
    if (plug.group !== limits.group) throw foreign(`plug ${label} belongs to group ${plug.group}`);
    requireFresh(spec, plug.note?.generation);
    // Without a note it is half made, and may be what another connection is making now: what fits is finished, not replaced.
    const fits = plug.mac === mac && plug.socket === socket && (plug.note?.line ?? key) === key;
    if (plug.note ? plug.note.generation !== generation : !fits) push(...planUnplug(now, label, limits));
    else if (!fits)
      throw new DriverError("ALREADY_EXISTS", `port ${portId} of generation ${generation} is attached otherwise`);
  }
  requirePlace(next, spec, socket, limits);

  const { group } = limits;
  if (point.kind === "netns" && point.namespace === undefined && !(ownNamespace(portId) in next.namespaces))
    push({ verb: "namespace add", name: ownNamespace(portId), group });
  if (!(label in next.plugs)) push({ verb: "plug add", label, group, socket, mac, mtu });
  if (!next.plugs[label]!.note) push({ verb: "plug note", label, note: { portId, generation, line: key } });
  const made = next.plugs[label]!;
  if (made.mtu !== mtu || !same(made.addresses, addresses) || !same(made.gateways, gateways))
    push({ verb: "plug set", label, mtu, addresses, gateways });
  const members = next.sockets[socket]!;
  if (point.kind !== "switchport")
    for (const other of Object.keys(members)) if (other !== key) push({ verb: "socket leave", socket, line: other });
  const tagging = point.kind === "switchport" ? point.tagging : "untagged";
  if (members[key]?.tagging !== tagging) push({ verb: "socket join", socket, line: key, tagging, by: label, group });
  return commands;
}

/** What makes a port be nowhere. */
export function planDetach(now: PanelConfiguration, spec: DetachSpec, limits: PanelLimits): PanelCommand[] {
  const { portId, segment, physicalNetwork, point, last } = spec;
  requirePhysicalNetwork(physicalNetwork, limits);
  const label = labelOf(portId);
  const plug = now.plugs[label];
  // Something foreign with our label is not the port: there is nothing to detach.
  if (plug && plug.group !== limits.group) return [];
  requireFresh(spec, plug?.note?.generation);
  const line = lineKey(physicalNetwork, segment);
  if (plug) return planUnplug(now, label, limits, plug.note?.line === line ? last : undefined);
  const commands: PanelCommand[] = [];
  const socket = socketOf(point, label, portId);
  if (last && now.sockets[socket]?.[line]?.group === limits.group)
    commands.push({ verb: "socket leave", socket, line });
  return [...commands, ...planNamespaceGone(now, portId, limits)];
}

/**
 * What takes a plug of ours out, and all that was made for it. The socket of a switch leaves its line with the last of the
 * line's plugs: `last` says whether that is this one, and without it the labels on the panel do.
 */
export function planUnplug(
  now: PanelConfiguration,
  label: string,
  limits: PanelLimits,
  last?: boolean | undefined,
): PanelCommand[] {
  const { socket, note } = now.plugs[label]!;
  const lines = Object.keys(ourMembers(now.sockets[socket] ?? {}, limits));
  const left = socket.startsWith("switchport ")
    ? lines.filter((line) => line === note?.line && (last ?? !isShared(now, label, socket, line)))
    : lines;
  return [
    ...left.map((line) => ({ verb: "socket leave", socket, line }) as const),
    { verb: "plug delete", label },
    ...(note ? planNamespaceGone(now, note.portId, limits) : []),
  ];
}

/** How what was attached is reached. */
export function attachmentOf({ portId, point }: AttachmentSpec): Attachment {
  const device = labelOf(portId);
  if (point.kind === "tap") return { kind: "tap", device };
  if (point.kind === "switchport") return point;
  const { namespace = ownNamespace(portId), interface: name = "eth0" } = point;
  return { kind: "netns", namespace, interface: name, device };
}

/** Refuses what is meant for an attachment before the one that is there. */
export function requireFresh({ portId, generation }: PortKey, attached: number | undefined): void {
  if (attached !== undefined && attached > generation)
    throw new DriverError("ABORTED", `port ${portId}: generation ${generation} is stale, ${attached} is attached`, {
      retryable: false,
    });
}

function planNamespaceGone(now: PanelConfiguration, portId: string, limits: PanelLimits): PanelCommand[] {
  const name = ownNamespace(portId);
  return now.namespaces[name] === limits.group ? [{ verb: "namespace delete", name }] : [];
}

function ourMembers(members: Socket, { group }: PanelLimits): Socket {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member.group === group));
}

function isShared(now: PanelConfiguration, label: string, socket: string, line: string): boolean {
  return Object.entries(now.plugs).some(
    ([other, plug]) => other !== label && plug.socket === socket && plug.note?.line === line,
  );
}

function same(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((value, index) => value === others[index]);
}
