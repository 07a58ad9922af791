import { DriverError } from "@reeve/driver-sdk";
import type { Point, Segment } from "@reeve/driver-sdk/network";

export type Switchport = Extract<Point, { kind: "switchport" }>;

/** @throws DriverError `UNIMPLEMENTED` for another kind of segment */
export function vlanIdOf(segment: Segment): number {
  if (segment.kind === "vlan") return segment.vlanId;
  throw new DriverError(
    "UNIMPLEMENTED",
    `segment.kind: a Nexus switch carries "vlan", got ${JSON.stringify(segment.kind)}`,
    {
      data: { ability: segment.kind },
    },
  );
}

/** @throws DriverError `UNIMPLEMENTED` for another kind of point */
export function switchportOf(point: Point): Switchport {
  if (point.kind === "switchport") return point;
  throw new DriverError(
    "UNIMPLEMENTED",
    `point.kind: a Nexus switch has "switchport", got ${JSON.stringify(point.kind)}`,
    {
      data: { ability: point.kind },
    },
  );
}
