import type { Point } from "./network.ts";

/**
 * A point as text: ports of one network whose points have the same text share what the point carries, so that it stops carrying
 * the network with the last of them. What is a port's own has the port's id in it.
 */
export function pointKeyOf(portId: string, point: Point): string {
  switch (point.kind) {
    case "tap":
      return `tap:${portId}`;
    case "netns":
      return point.namespace === undefined ? `netns:${portId}` : `netns/${point.namespace}`;
    case "switchport":
      return `switchport/${point.interface}`;
  }
}

/** Whether two ways to say where a port is to be mean the same. */
export function isSamePoint(one: Point, other: Point): boolean {
  if (one.kind === "netns" && other.kind === "netns")
    return one.namespace === other.namespace && interfaceOf(one) === interfaceOf(other);
  if (one.kind === "switchport" && other.kind === "switchport")
    return one.interface === other.interface && one.tagging === other.tagging;
  return one.kind === other.kind;
}

/** Whether something that a device lists is at a point that was asked for: a namespace that nobody named is the driver's to name. */
export function isAt(listed: Point, asked: Point): boolean {
  if (listed.kind === "netns" && asked.kind === "netns" && asked.namespace === undefined)
    return interfaceOf(listed) === interfaceOf(asked);
  return isSamePoint(listed, asked);
}

function interfaceOf({ interface: name = "eth0" }: { readonly interface?: string | undefined }): string {
  return name;
}
