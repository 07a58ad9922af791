import { parseSegmentAlias, type SegmentAlias } from "../alias.ts";
import type { HostView } from "../host/host-view.ts";
import type { Link } from "../host/link.ts";
import { parseLinkName } from "../names.ts";

/** A network that the host says it carries. */
export interface CarriedSegment extends SegmentAlias {
  readonly link: Link;
}

/** The links that stand for networks, with what their aliases say. */
export function segmentLinks(view: HostView): Link[] {
  return [...view.links].filter((link) => view.isOurs(link) && parseLinkName(link.name)?.kind === "segment");
}

/** The networks of a physical network; those whose alias is missing are not known to be any's. */
export function segmentsOn(view: HostView, physicalNetwork: string): CarriedSegment[] {
  return segmentLinks(view).flatMap((link) => {
    const alias = parseSegmentAlias(link.alias);
    return alias?.physicalNetwork === physicalNetwork ? [{ ...alias, link }] : [];
  });
}
