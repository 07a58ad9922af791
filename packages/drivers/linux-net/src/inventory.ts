import { type DriverCall, DriverError } from "@reeve/driver-sdk";
import { type ListedSegment, markOf, type NetworkInventory, type NetworkLeftover } from "@reeve/driver-sdk/network";
import { parsePortAlias, parseSegmentAlias } from "./alias.ts";
import type { Command } from "./command/command.ts";
import { ensureSegment } from "./decision/ensure-segment.ts";
import { foreignThings } from "./decision/foreign-things.ts";
import { listedPort } from "./decision/listed-port.ts";
import type { Device } from "./device.ts";
import { ownNamespaces } from "./discard.ts";
import type { CarriedSegment, HostView } from "./host/host-view.ts";
import type { Link } from "./host/link.ts";
import { parseLinkName, portName } from "./names.ts";

/** What the host carries, by two programs however much that is: nobody's namespace is entered. */
export async function inventory(device: Device, { signal }: DriverCall): Promise<NetworkInventory> {
  const { view, isBusy } = await device.readBeside(signal);
  const listed = view.own("port").map((link) => ({ link, attachment: listedPort(device, view, link) }));
  return {
    incarnation: await device.machine.incarnation(),
    segments: view.segments.map((segment) => listedSegment(device, view, segment)),
    attachments: listed.flatMap(({ attachment }) => attachment ?? []),
    leftovers: [
      ...segmentLeftovers(view),
      ...listed.flatMap(({ link, attachment }) => (attachment ? [] : leftover("port", link, "it is not finished"))),
      ...portLeftovers(device, view),
    ].filter(({ kind, mark }) => !isBusy(kind, mark)),
    foreign: foreignThings(device.options, view),
  };
}

function listedSegment(device: Device, view: HostView, { link, ...known }: CarriedSegment): ListedSegment {
  const differs = whys(() => ensureSegment(device, view, { ...known, mtu: link.mtu }));
  return { mark: markOf(known.networkId), ...known, mtu: link.mtu, differs };
}

/** What a decision would change, or why it cannot. */
function whys(decision: () => readonly Command[]): string[] {
  try {
    return [...new Set(decision().map(({ why }) => why))];
  } catch (error) {
    if (error instanceof DriverError) return [error.message];
    throw error;
  }
}

function leftover(kind: "port" | "segment", { name }: Link, what: string): NetworkLeftover[] {
  const mark = parseLinkName(name)?.mark;
  return mark === undefined ? [] : [{ kind, mark, what: `link ${name}: ${what}` }];
}

function segmentLeftovers(view: HostView): NetworkLeftover[] {
  return view
    .own("segment")
    .flatMap((link) => (parseSegmentAlias(link.alias) ? [] : leftover("segment", link, "it has no alias of ours")));
}

function portLeftovers({ options }: Device, view: HostView): NetworkLeftover[] {
  const staged = [...view.links].filter(({ name, kind }) => parseLinkName(name)?.kind === "tap" && kind === "tun");
  const empty = ownNamespaces(view, options.group).filter(({ portId }) => !hasNamespace(view, portId));
  return [
    ...staged.flatMap((link) => leftover("port", link, "a tap that is not finished")),
    ...empty.map(({ namespace, portId }) => ({
      kind: "port" as const,
      mark: markOf(portId),
      what: `namespace ${namespace} without its port`,
    })),
  ];
}

function hasNamespace(view: HostView, portId: string): boolean {
  const link = view.ours(portName(portId));
  return link?.kind === "veth" && (!link.alias || parsePortAlias(link.alias) !== undefined);
}
