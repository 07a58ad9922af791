import type { Discarded } from "@reeve/driver-sdk/network";
import type { PanelCommand } from "./panel-command.ts";
import type { PanelLimits } from "./panel-limits.ts";
import { lineKey, type PanelConfiguration } from "./panel-state.ts";
import { planUnplug } from "./plan-port.ts";
import { foreign, labelOf, planRemoveLine } from "./plan-segment.ts";

/** What removes a thing of ours whose id nobody knows any more. */
export function planDiscard(now: PanelConfiguration, discarded: Discarded, limits: PanelLimits): PanelCommand[] {
  // A plug always has its mark here; a socket carries nothing that has none.
  if (discarded.mark === undefined) return planLeave(now, discarded, limits);
  const label = `rv-${discarded.mark}`;
  if (discarded.kind === "segment") {
    const found = Object.entries(now.lines).find(([, line]) => line.label === label);
    return found ? planRemoveLine(now, found[0], limits) : [];
  }
  const plug = now.plugs[label];
  if (plug && plug.group !== limits.group) throw foreign(`plug ${label} belongs to group ${plug.group}`);
  if (plug) return planUnplug(now, label, limits);
  const left = Object.entries(now.sockets).flatMap(([socket, members]) =>
    Object.entries(members)
      .filter(([, { by, group }]) => by === label && group === limits.group)
      .filter(([line]) => !Object.values(now.plugs).some((it) => it.socket === socket && it.note?.line === line))
      .map(([line]) => ({ verb: "socket leave", socket, line }) as const),
  );
  const namespaces = Object.entries(now.namespaces)
    .filter(([name, group]) => group === limits.group && labelOf(name.slice("rv-".length)) === label)
    .map(([name]) => ({ verb: "namespace delete", name }) as const);
  return [...left, ...namespaces];
}

function planLeave(
  now: PanelConfiguration,
  { point, physicalNetwork, segment }: Exclude<Discarded, { readonly mark: string }>,
  limits: PanelLimits,
): PanelCommand[] {
  if (point.kind !== "switchport") return [];
  const socket = `switchport ${point.interface}`;
  const line = lineKey(physicalNetwork, segment);
  return now.sockets[socket]?.[line]?.group === limits.group ? [{ verb: "socket leave", socket, line }] : [];
}
