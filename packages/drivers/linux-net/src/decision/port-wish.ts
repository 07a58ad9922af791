import { DriverError } from "@reeve/driver-sdk";
import type { AttachmentSpec, Point, PortKey } from "@reeve/driver-sdk/network";
import { aliasOf, interfaceOf, parsePortAlias, samePort } from "../alias.ts";
import type { HostView } from "../host/host-view.ts";
import type { Link } from "../host/link.ts";
import { namespaceName, portName } from "../names.ts";
import { oursOrNothing, portKinds } from "./foreign.ts";
import type { Wiring } from "./wiring.ts";

/** Where a port's interface is to be: which namespace, made by us or by somebody, and under which name. */
export interface Place {
  readonly namespace: string;
  readonly interface: string;
  readonly own: boolean;
}

/** @throws DriverError `UNIMPLEMENTED` for a switch's port */
export function requirePointKind(point: Point): asserts point is Exclude<Point, { kind: "switchport" }> {
  if (point.kind !== "switchport") return;
  throw new DriverError("UNIMPLEMENTED", "point.kind: a Linux host has namespaces and taps, and no switch ports", {
    data: { ability: "switchport" },
  });
}

/** Undefined for a tap, which is in the host's own namespace. */
export function placeOf({ options }: Wiring, spec: Pick<AttachmentSpec, "portId" | "point">): Place | undefined {
  const { point, portId } = spec;
  requirePointKind(point);
  if (point.kind === "tap") return undefined;
  const own = point.namespace === undefined;
  return { namespace: point.namespace ?? namespaceName(options.group, portId), interface: interfaceOf(spec), own };
}

/** @throws DriverError `ABORTED` when the port is attached with a higher generation */
export function refuseStale(link: Link | undefined, { portId, generation }: PortKey): void {
  const known = parsePortAlias(link?.alias)?.generation;
  if (known === undefined || known <= generation) return;
  throw new DriverError("ABORTED", `port ${portId}: generation ${generation} is stale; it is attached with ${known}`, {
    retryable: false,
    data: { generation: known },
  });
}

/**
 * The port's link of ours, when it is what is asked for and no more than repairs are due.
 *
 * @throws DriverError `FAILED_PRECONDITION` when a foreign link has its name, `ALREADY_EXISTS` when the port of that generation is
 * another, `ABORTED` when it has a higher one
 */
export function reusable(view: HostView, spec: AttachmentSpec): Link | undefined {
  const link = oursOrNothing(view, portName(spec.portId), portKinds);
  if (!link) return undefined;
  refuseStale(link, spec);
  const known = parsePortAlias(link.alias);
  if (known && samePort(known, aliasOf(spec)))
    return link.kind === (spec.point.kind === "tap" ? "tun" : "veth") ? link : undefined;
  if (known?.generation === spec.generation)
    throw new DriverError(
      "ALREADY_EXISTS",
      `port ${spec.portId}: generation ${spec.generation} of it is attached with another network, MAC or point`,
    );
  return undefined;
}
