import type {
  Foreign,
  ListedAttachment,
  ListedSegment,
  NetworkInventory,
  NetworkLeftover,
} from "@reeve/driver-sdk/network";
import type { PanelLimits } from "./panel-limits.ts";
import { type PanelState, type Plug, pointOf, segmentOf } from "./panel-state.ts";
import { labelOf } from "./plan-segment.ts";

const ours = "rv-";

/** What is ours on a panel, but for what calls are making now, known by its label. */
export function inventoryOf(now: PanelState, limits: PanelLimits, making: ReadonlySet<string>): NetworkInventory {
  const attachments: ListedAttachment[] = [];
  const leftovers: NetworkLeftover[] = [];
  const foreign: Foreign[] = [];
  const leftOver = (kind: NetworkLeftover["kind"], label: string, what: string) => {
    if (!making.has(label)) leftovers.push({ kind, mark: label.slice(ours.length), what });
  };
  for (const [label, plug] of Object.entries(now.plugs)) {
    if (plug.group !== limits.group) {
      if (label.startsWith(ours)) foreign.push({ what: `plug ${label}`, why: `it belongs to group ${plug.group}` });
    } else if (plug.note) attachments.push(attachmentOf(now, label, plug, plug.note));
    else leftOver("port", label, `plug ${label} has no note`);
  }
  for (const [socket, members] of Object.entries(now.sockets))
    for (const [line, { by, group }] of Object.entries(members)) {
      if (group !== limits.group || !socket.startsWith("switchport ")) continue;
      const used = Object.values(now.plugs).some((plug) => plug.socket === socket && plug.note?.line === line);
      if (!used) leftOver("port", by, `${socket} carries line ${line} for nobody`);
    }
  for (const [name, group] of Object.entries(now.namespaces)) {
    const used = Object.values(now.plugs).some(({ socket }) => socket.startsWith(`netns ${name} `));
    if (group === limits.group && !used)
      leftOver("port", labelOf(name.slice(ours.length)), `namespace ${name} holds no plug`);
  }
  return {
    incarnation: `boot ${now.boot}`,
    segments: segmentsOf(now, limits, foreign),
    attachments,
    leftovers,
    foreign,
  };
}

function segmentsOf(now: PanelState, limits: PanelLimits, foreign: Foreign[]): ListedSegment[] {
  const segments: ListedSegment[] = [];
  for (const [key, { label, group, mtu, note }] of Object.entries(now.lines)) {
    if (group !== limits.group) {
      if (label.startsWith(ours)) foreign.push({ what: `line ${label}`, why: `it belongs to group ${group}` });
      continue;
    }
    segments.push({
      mark: label.slice(ours.length),
      ...(note ? { networkId: note.networkId } : {}),
      ...segmentOf(key),
      mtu,
      differs: note ? [] : [`line ${label} has no note`],
    });
  }
  return segments;
}

function attachmentOf(now: PanelState, label: string, plug: Plug, note: NonNullable<Plug["note"]>): ListedAttachment {
  const members = now.sockets[plug.socket] ?? {};
  const differs: string[] = [];
  if (!(note.line in now.lines)) differs.push(`line ${note.line} is not there`);
  if (!(note.line in members)) differs.push(`${plug.socket} does not carry line ${note.line}`);
  if (!plug.socket.startsWith("switchport "))
    for (const line of Object.keys(members))
      if (line !== note.line) differs.push(`${plug.socket} carries line ${line}`);
  return {
    mark: label.slice(ours.length),
    portId: note.portId,
    generation: note.generation,
    ...segmentOf(note.line),
    point: pointOf(plug.socket, members[note.line]?.tagging ?? "untagged"),
    mac: plug.mac,
    mtu: plug.mtu,
    addresses: plug.addresses,
    differs,
  };
}
