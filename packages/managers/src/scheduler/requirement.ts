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

/** Tells whether what `path` leads to meets the condition. Dots lead into nested capabilities; what is missing meets nothing. */
export function requirement(path: string, condition: Condition): (capabilities: Fields) => boolean {
  const names = path.split(".");
  const holds = test(condition);
  return (capabilities) => {
    // A name that has dots itself is found before they are read as a path.
    const value = Object.hasOwn(capabilities, path) ? capabilities[path] : capabilityAt(capabilities, names);
    return value !== undefined && holds(value);
  };
}

function test(condition: Condition): (value: unknown) => boolean {
  if (typeof condition !== "object") return (value) => value === condition;
  const { atLeast, atMost, oneOf, includes } = condition;
  return (value) => {
    if (atLeast !== undefined && !(typeof value === "number" && value >= atLeast)) return false;
    if (atMost !== undefined && !(typeof value === "number" && value <= atMost)) return false;
    if (oneOf !== undefined && !oneOf.some((one) => one === value)) return false;
    return includes === undefined || (Array.isArray(value) && value.includes(includes));
  };
}

function capabilityAt(capabilities: Fields, names: readonly string[]): unknown {
  let value: unknown = capabilities;
  for (const name of names) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Fields)[name];
  }
  return value;
}
