import { networkDriver } from "@reeve/driver-sdk/network";
import { z } from "zod";
import { requireKnownNames } from "../options/known-names.ts";
import type { PatchPanelOptions } from "./patch-panel.ts";

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
