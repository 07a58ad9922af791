import { type NetworkDriverPort, networkDriver, type Point } from "@reeve/driver-sdk/network";
import { z } from "zod";
import { requireKnownNames } from "../options/known-names.ts";
import type { PanelCallListener } from "./observed-driver.ts";
import type { PanelLimits } from "./panel-limits.ts";

export interface PatchPanelOptions {
  /** Where it is kept, so that it outlives its process and several processes share it. Default: in memory. */
  readonly file?: string;
  /** Default `["dc1"]`. */
  readonly physicalNetworks?: readonly string[];
  /** Interfaces of its switch. Default `["port1", … "port16"]`. */
  readonly interfaces?: readonly string[];
  /** VLANs that networks may have. Default 2 to 4094 less the reserved ones. */
  readonly usable?: PanelLimits["usable"];
  /** VLANs that are the panel's own. Default 1. */
  readonly reserved?: PanelLimits["reserved"];
  /** How many VLANs there is room for. Default 4094. */
  readonly maxVlans?: number;
  /** In bytes. Default 9216. */
  readonly mtuMax?: number;
  /** Kinds of points that it has. Default all. */
  readonly points?: readonly Point["kind"][];
  /** Abilities that it does without; without `vlans` it carries flat networks only. Default none. */
  readonly without?: readonly (keyof NetworkDriverPort["abilities"])[];
  /** Told of each call of the driver, before it begins and after it has settled; what it throws before, the call throws. */
  readonly onCall?: PanelCallListener;
}

const name = z.string().min(1);
const range = z
  .tuple([z.number().int().min(1).max(4094), z.number().int().min(1).max(4094)])
  .refine(([first, last]) => first <= last, "expected the first not to be above the last");
const names = z
  .array(name)
  .min(1)
  .refine((all) => new Set(all).size === all.length, "expected each once");

const schemas: Readonly<Record<keyof PatchPanelOptions, z.ZodType>> = {
  file: name,
  physicalNetworks: names,
  interfaces: names,
  usable: z.array(range),
  reserved: z.array(range),
  maxVlans: z.number().int().min(0),
  mtuMax: z.number().int().min(68),
  points: z.array(z.enum(["netns", "tap", "switchport"])).min(1),
  without: z.array(z.enum(Object.keys(networkDriver.abilities))),
  onCall: z.custom((value) => typeof value === "function", "expected a function"),
};

/** @throws RangeError that names the option and its value */
export function requireOptions(options: PatchPanelOptions): void {
  requireKnownNames("", options, Object.keys(schemas));
  for (const [option, value] of Object.entries(options)) {
    const { error } = schemas[option as keyof PatchPanelOptions].optional().safeParse(value);
    const [issue] = error?.issues ?? [];
    if (!issue) continue;
    const field = [option, ...issue.path].join(".");
    throw new RangeError(`${field}: ${issue.message}, got ${JSON.stringify(value)}`);
  }
}
