import { hostname } from "node:os";
import { DriverError } from "@reeve/driver-sdk";
import type { HostView } from "../host/host-view.ts";
import type { Link } from "../host/link.ts";

/** Something that is not ours and that only its owner can take out of the way. */
export function inTheWay(what: string, why: string): DriverError {
  return new DriverError("FAILED_PRECONDITION", `${what} ${why}`, { data: { what, where: `host ${hostname()}` } });
}

/**
 * The link of that name when it is ours.
 *
 * @throws DriverError `FAILED_PRECONDITION` when it is there and is not
 */
export function oursOrNothing(view: HostView, name: string, kinds: readonly string[]): Link | undefined {
  const link = view.link(name);
  if (!link) return undefined;
  if (view.isOurs(link) && kinds.includes(link.kind ?? "")) return link;
  const found = view.isOurs(link) ? `of kind ${link.kind ?? "hardware"}` : `of group ${link.group}`;
  throw inTheWay(
    `link ${name}`,
    `is not ours, being ${found}, and has the name that ours would have; remove or rename it`,
  );
}

/** What a port's link may be. */
export const portKinds = ["veth", "tun"] as const;
