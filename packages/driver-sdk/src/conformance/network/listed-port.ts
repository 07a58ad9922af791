import { isDeepStrictEqual } from "node:util";
import type { AttachmentSpec, ListedAttachment, Point } from "../../network/index.ts";

/** Whether what is listed is the port of that mark, as it is to be. What the device keeps no record of is not compared. */
export function isOf(listed: ListedAttachment, port: AttachmentSpec, portMark: string): boolean {
  const { mark, portId, generation, mac, mtu, addresses, differs } = listed;
  return (
    (mark ?? portMark) === portMark &&
    (portId ?? port.portId) === port.portId &&
    (generation ?? port.generation) === port.generation &&
    (mac ?? port.mac) === port.mac &&
    (mtu ?? port.mtu) === port.mtu &&
    isDeepStrictEqual([...(addresses ?? port.addresses)].sort(), [...port.addresses].sort()) &&
    listed.physicalNetwork === port.physicalNetwork &&
    isDeepStrictEqual(listed.segment, port.segment) &&
    isAt(listed.point, port.point) &&
    differs.length === 0
  );
}

function isAt(found: Point, wanted: Point): boolean {
  if (found.kind !== "netns" || wanted.kind !== "netns") return isDeepStrictEqual(found, wanted);
  return (
    (wanted.namespace ?? found.namespace) === found.namespace &&
    (wanted.interface ?? found.interface) === found.interface
  );
}

/** The place of a port; that of a tap, or of a namespace that is made for it, is its own. */
export function placeOf({ point, portId }: AttachmentSpec): string {
  if (point.kind === "switchport") return point.interface;
  if (point.kind === "netns" && point.namespace !== undefined) return point.namespace;
  return ` ${portId}`;
}
