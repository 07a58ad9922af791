import type { SnapshotRow, VolumeRow } from "./store.ts";
import type { Fault } from "./volume.ts";

/** What sizes a volume can have; see `SizeGiB`. */
const largestGiB = 2 ** 22;

/** How an image compares with the size that its row says. */
export type Image = "whole" | "larger" | "smaller" | "absent";

/** What a row that is held here says of itself: `available`, or the fault of one in `error`. */
export type Standing = "available" | Fault["reason"];

/**
 * - `keep`: nothing is changed.
 * - `lose`: into `error`, as `MISSING`. Also an image smaller than its row says: a row that shrank with it would hide that data is gone.
 * - `resize`: the row takes the image's size, which is what the backend gives out. The quota may be exceeded then; that is so.
 * - `restore`: out of `error`, with the image's size where that is larger, and connected again where it was.
 */
export type Verdict = "keep" | "lose" | "resize" | "restore";

/**
 * What reconciliation makes of a row that this host holds. Rows that others hold, or nobody, are theirs to judge: an image that
 * lies here all the same is told as unaccounted, with the host that its row names.
 *
 * Drivers promise that an image is there whole or not at all. So one that is there is sound, whatever its row was put into
 * `error` for: a connection or a deletion that failed, or what an older version made of it.
 */
export const verdicts: Readonly<Record<Standing, Readonly<Record<Image, Verdict>>>> = {
  available: { whole: "keep", larger: "resize", smaller: "lose", absent: "lose" },
  MISSING: { whole: "restore", larger: "restore", smaller: "keep", absent: "keep" },
  FAILED: { whole: "restore", larger: "restore", smaller: "keep", absent: "keep" },
  INTERRUPTED: { whole: "restore", larger: "restore", smaller: "keep", absent: "keep" },
};

/** Undefined while work is done on it: then it is not judged. */
export function standingOf({ status, fault }: Pick<VolumeRow | SnapshotRow, "status" | "fault">): Standing | undefined {
  if (status === "available") return "available";
  return status === "error" && fault ? fault.reason : undefined;
}

/** @param imageGiB undefined when the backend does not have it, NaN when it does and its size is not known */
export function imageOf(sizeGiB: number, imageGiB: number | undefined): Image {
  if (imageGiB === undefined) return "absent";
  if (imageGiB < sizeGiB) return "smaller";
  return wholeMiB(imageGiB) > sizeGiB && imageGiB <= largestGiB ? "larger" : "whole";
}

/** Sizes are told in whole MiB; what a backend adds to that is nobody's. */
export function wholeMiB(sizeGiB: number): number {
  return Math.floor(sizeGiB * 1024) / 1024;
}
