import { DriverError } from "@reeve/driver-sdk";
import type { HostView } from "../host/host-view.ts";
import type { Link } from "../host/link.ts";
import { bridgeName } from "../names.ts";
import { inTheWay } from "./foreign.ts";

/** What keeps an interface from being the uplink of a bridge; undefined when nothing does. */
export function uplinkTrouble(view: HostView, name: string, physicalNetwork: string): string | undefined {
  const link = view.link(name);
  if (!link) return undefined;
  if (link.master === bridgeName(physicalNetwork)) return undefined;
  if (link.master !== undefined) return `it is a member of ${link.master}`;
  const addresses = link.addresses.filter(({ automatic }) => !automatic).map(({ address }) => address);
  if (addresses.length > 0) return `it has the address ${addresses.join(", ")}, and the host would lose it`;
  return undefined;
}

/**
 * The interface that leads to a physical network, if it may be a member of our bridge and carries frames of that size.
 *
 * @throws DriverError `NOT_FOUND` when it is not there, `FAILED_PRECONDITION` when it is used otherwise or carries less
 */
export function requireUplink(
  view: HostView,
  name: string,
  { physicalNetwork, mtu }: { readonly physicalNetwork: string; readonly mtu: number },
): Link {
  const link = view.link(name);
  if (!link) throw new DriverError("NOT_FOUND", `uplink ${name} of ${physicalNetwork}: there is no such interface`);
  const trouble = uplinkTrouble(view, name, physicalNetwork);
  if (trouble !== undefined)
    throw inTheWay(
      `link ${name}`,
      `cannot be the uplink of ${physicalNetwork}: ${trouble}; give an interface without either`,
    );
  if (link.mtu < mtu)
    throw new DriverError(
      "FAILED_PRECONDITION",
      `mtu ${mtu}: the uplink ${name} of ${physicalNetwork} carries at most ${link.mtu}`,
      {
        data: { mtuMax: link.mtu },
      },
    );
  return link;
}
