import { z } from "zod";

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** What a capability must be: exactly a value, or within bounds, or one of several, or a list that includes a value. */
export const Condition = z.union([
  scalar,
  z
    .strictObject({
      atLeast: z.number().optional(),
      atMost: z.number().optional(),
      oneOf: z.array(scalar).min(1).max(100).optional(),
      includes: scalar.optional(),
    })
    .refine((bounds) => Object.keys(bounds).length > 0, "must name atLeast, atMost, oneOf or includes"),
]);
export type Condition = z.infer<typeof Condition>;

type Fields = Readonly<Record<string, unknown>>;

/** Whether what `path` leads to meets the condition. Dots lead into nested capabilities; what is missing meets nothing. */
export function meets(capabilities: Fields, path: string, condition: Condition): boolean {
  const value = capabilityAt(capabilities, path);
  if (value === undefined) return false;
  if (typeof condition !== "object") return value === condition;
  const { atLeast, atMost, oneOf, includes } = condition;
  if (atLeast !== undefined && !(typeof value === "number" && value >= atLeast)) return false;
  if (atMost !== undefined && !(typeof value === "number" && value <= atMost)) return false;
  if (oneOf !== undefined && !oneOf.some((one) => one === value)) return false;
  return includes === undefined || (Array.isArray(value) && value.includes(includes));
}

/** A name that has dots itself is found before they are read as a path. */
function capabilityAt(capabilities: Fields, path: string): unknown {
  if (Object.hasOwn(capabilities, path)) return capabilities[path];
  let value: unknown = capabilities;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Fields)[name];
  }
  return value;
}
