import { DriverError } from "@reeve/driver-sdk";
import type { AttachmentSpec } from "@reeve/driver-sdk/network";
import type { PanelLimits } from "./panel-limits.ts";
import { lineKey, ownNamespace, type PanelConfiguration, type Socket } from "./panel-state.ts";
import { foreign, labelOf } from "./plan-segment.ts";

/**
 * Refuses a place that a port cannot have: `UNIMPLEMENTED` when the panel has no such kind, `NOT_FOUND` when it has none of
 * that name, `FAILED_PRECONDITION` when another has it.
 */
export function requirePlace(
  now: PanelConfiguration,
  { point, portId, physicalNetwork, segment }: AttachmentSpec,
  socket: string,
  limits: PanelLimits,
): void {
  if (!limits.points.includes(point.kind))
    throw new DriverError("UNIMPLEMENTED", `point.kind: this panel has ${limits.points.join(", ")}, got ${point.kind}`);
  const members = now.sockets[socket];
  const label = labelOf(portId);
  if (point.kind === "switchport") {
    if (!members) throw new DriverError("NOT_FOUND", `point.interface: the panel has no ${socket}`);
    return requireRoom(members, socket, lineKey(physicalNetwork, segment), point.tagging, limits);
  }
  if (members && now.plugs[label]?.socket !== socket) throw foreign(`${socket} is taken`);
  if (point.kind !== "netns") return;
  if (point.namespace === undefined) {
    const owner = now.namespaces[ownNamespace(portId)];
    if (owner !== undefined && owner !== limits.group) throw foreign(`namespace ${ownNamespace(portId)} is there`);
  } else if (!(point.namespace in now.namespaces))
    throw new DriverError("NOT_FOUND", `point.namespace: there is no namespace ${point.namespace}`);
}

function requireRoom(members: Socket, socket: string, key: string, tagging: string, limits: PanelLimits): void {
  for (const [line, member] of Object.entries(members)) {
    const clashes =
      line === key
        ? member.group !== limits.group || member.tagging !== tagging
        : member.tagging === "untagged" && tagging === "untagged";
    if (clashes) throw foreign(`${socket} carries line ${line} ${member.tagging} for ${member.by}`);
  }
}
