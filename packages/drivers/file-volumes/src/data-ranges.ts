import { spawn } from "node:child_process";
import type { FileHandle } from "node:fs/promises";

/** Bytes `from` up to but not including `to`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** Often not on the path of who is not root. */
const systemTools = "/usr/sbin:/sbin";

/**
 * Where a file may hold anything but zeros, in order. Undefined when that cannot be told, and all of it must be read.
 *
 * Node has neither SEEK_DATA nor FIEMAP; e2fsprogs' filefrag has the latter, for ext4, XFS, Btrfs and others. It flushes the
 * file first (-s), so what was written before the call is in the map; reserved extents without data are in it as well.
 */
export async function dataRanges(
  file: FileHandle,
  bytes: number,
  searchPath = `${process.env.PATH}:${systemTools}`,
): Promise<ByteRange[] | undefined> {
  const map = await extentMap(file, searchPath);
  return map === undefined ? undefined : rangesOf(map, bytes);
}

/** @returns undefined for a map that is not complete, or not understood */
export function rangesOf(map: string, bytes: number): ByteRange[] | undefined {
  const ranges: ByteRange[] = [];
  let at = 0;
  let complete = /: 0 extents found$/m.test(map);
  for (const [, first, last, flags = ""] of map.matchAll(/^ *\d+: +(\d+)\.\. *(\d+):.*:(.*)$/gm)) {
    const range = { from: Number(first), to: Math.min(Number(last) + 1, bytes) };
    // Anything out of order says that this is not the map it is taken for.
    if (complete || range.from < at || Number(last) < range.from) return undefined;
    if (range.from < bytes) ranges.push(range);
    at = Number(last) + 1;
    complete = /\blast\b/.test(flags);
  }
  return complete ? ranges : undefined;
}

function extentMap(file: FileHandle, searchPath: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const tool = spawn("filefrag", ["-s", "-v", "-b1", "/proc/self/fd/3"], {
      env: { PATH: searchPath, LC_ALL: "C" },
      stdio: ["ignore", "pipe", "ignore", file.fd],
    });
    let map = "";
    tool.stdout!.on("data", (text) => {
      map += text;
    });
    tool.on("error", () => resolve(undefined));
    tool.on("close", (status) => resolve(status === 0 ? map : undefined));
  });
}
