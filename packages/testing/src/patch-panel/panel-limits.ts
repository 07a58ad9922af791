import type { Point } from "@reeve/driver-sdk/network";

/** What a panel can do, as its options say. */
export interface PanelLimits {
  /** The number that its own things are made with. */
  readonly group: number;
  readonly physicalNetworks: readonly string[];
  readonly usable: readonly (readonly [first: number, last: number])[];
  readonly reserved: readonly (readonly [first: number, last: number])[];
  /** How many lines with a VLAN there is room for. */
  readonly maxVlans: number;
  readonly mtuMax: number;
  /** Whether it carries VLANs. */
  readonly vlans: boolean;
  /** Kinds of points that it has. */
  readonly points: readonly Point["kind"][];
}

/** Whether one of the ranges holds a number. */
export function within(ranges: PanelLimits["usable"], number: number): boolean {
  return ranges.some(([first, last]) => first <= number && number <= last);
}
