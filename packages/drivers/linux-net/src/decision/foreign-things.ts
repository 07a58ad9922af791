import type { Foreign } from "@reeve/driver-sdk/network";
import { parsePortAlias, parseSegmentAlias } from "../alias.ts";
import type { HostView } from "../host/host-view.ts";
import type { Link } from "../host/link.ts";
import { bridgeName, parseLinkName } from "../names.ts";
import type { LinuxNetOptions } from "../options.ts";
import { uplinkTrouble } from "./uplink.ts";

/** What is in our way or among what is ours, and somebody has to know of. Another driver's things on this host are in nobody's way. */
export function foreignThings({ physicalNetworks }: LinuxNetOptions, view: HostView): Foreign[] {
  const bridges = new Map(Object.entries(physicalNetworks).map(([name, { uplink }]) => [bridgeName(name), uplink]));
  const squatters = [...view.links].filter((link) => isSquatter(link, physicalNetworks, bridges, view));
  const members = [...view.links].filter(
    (link) => bridges.has(link.master ?? "") && link.name !== bridges.get(link.master ?? "") && !view.isOurs(link),
  );
  return [
    ...squatters.map(({ name, group }) => ({
      what: `link ${name}`,
      why: `its name is one of ours and its group is ${group}`,
    })),
    ...members.map(({ name, master }) => ({ what: `link ${name}`, why: `it is a member of our bridge ${master}` })),
    ...Object.entries(physicalNetworks).flatMap(([name, { uplink }]) => {
      const trouble = uplink === undefined ? undefined : uplinkTrouble(view, uplink, name);
      return trouble === undefined ? [] : [{ what: `link ${uplink}`, why: `as the uplink of ${name}: ${trouble}` }];
    }),
  ];
}

/** Whether a link has a name of ours and stands for something of one of our physical networks, or is in nobody's group. */
function isSquatter(
  link: Link,
  physicalNetworks: LinuxNetOptions["physicalNetworks"],
  bridges: ReadonlyMap<string, unknown>,
  view: HostView,
): boolean {
  const kind = parseLinkName(link.name)?.kind;
  if (kind === undefined || kind === "tap" || view.isOurs(link)) return false;
  if (kind === "bridge") return bridges.has(link.name);
  const known = parsePortAlias(link.alias) ?? parseSegmentAlias(link.alias);
  return known ? Object.hasOwn(physicalNetworks, known.physicalNetwork) : link.group === 0;
}
