import { randomBytes } from "node:crypto";
import { requireId, type Source } from "@reeve/driver-sdk/volume";

/** What a file in the root is: an image, or what an attempt to make one left. */
export interface Named {
  readonly image: Source;
  readonly partial: boolean;
}

// Ids as `requireId` has them.
const pattern =
  /^([0-9A-Za-z][\w-]{0,63})(?:\.([0-9A-Za-z][\w-]{0,63}))?\.(volume|snapshot)(\.[0-9a-f]{12}\.partial)?$/;

/**
 * The file of an image: `<id>.volume` or `<volume id>.<id>.snapshot`. Ids hold no dots or separators, so a name is one path
 * component, and no two images share one.
 *
 * @throws DriverError `INVALID_ARGUMENT` naming the id that is malformed
 */
export function imageName(image: Source): string {
  const id = requireId(`${image.kind} id`, image.id);
  return image.kind === "volume" ? `${id}.volume` : `${requireId("volume id", image.volumeId)}.${id}.snapshot`;
}

/** A name of its own for every attempt: who takes over after a crash can never publish, or be published by, an older writer. */
export function partialName(image: Source): string {
  return uniqueName(imageName(image), "partial");
}

export function uniqueName(name: string, ending: string): string {
  return `${name}.${randomBytes(6).toString("hex")}.${ending}`;
}

/** Undefined for a file that is none of this driver's. */
export function parseName(name: string): Named | undefined {
  const [, first, second, kind, partial] = pattern.exec(name) ?? [];
  if (first === undefined) return undefined;
  const image: Source | undefined =
    kind === "volume"
      ? second === undefined
        ? { kind, id: first }
        : undefined
      : second !== undefined
        ? { kind: "snapshot", volumeId: first, id: second }
        : undefined;
  return image && { image, partial: partial !== undefined };
}
