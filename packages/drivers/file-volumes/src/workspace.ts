import { type FileHandle, rm } from "node:fs/promises";
import { DriverError, type Fenced } from "@reeve/driver-sdk";
import { fallocate } from "./fallocate.ts";
import type { Allocation } from "./options.ts";
import type { Root } from "./root.ts";

export interface Growth {
  /** The image's name in the root. */
  readonly name: string;
  /** The image, opened for writing; smaller than `bytes`, or as large. */
  readonly file: FileHandle;
  readonly bytes: number;
  readonly allocation: Allocation;
  readonly signal: AbortSignal;
}

/** Where a session makes what it has not finished, and through which each change that it makes to the root passes. */
export interface Workspace {
  /** Of the directory; not the root's where members share that. */
  readonly path: string;
  /** Of a file in it. */
  file(name: string): string;
  /** @throws DriverError `ABORTED`, not retryable, when the session was fenced or is closed */
  verify(): Promise<void>;
  /** Takes a regular file out of the root. Succeeds when it is not there. */
  remove(name: string): Promise<void>;
  /** Grows an image and flushes it. */
  grow(growth: Growth): Promise<void>;
  /** Once it has returned, sessions of that address with a lower epoch change nothing in the root. */
  fence(fenced: Fenced, signal: AbortSignal): Promise<void>;
  /** Gives back what it holds. */
  close(): Promise<void>;
}

/** The root itself, which is this session's alone. */
export function rootWorkspace(root: Root): Workspace {
  return {
    path: root.path,
    file: (name) => root.file(name),
    verify: async () => {},
    remove: (name) => rm(root.file(name), { force: true }),
    async grow({ file, bytes, allocation, signal }) {
      // Reserving first: what fails for want of space leaves the size as it was.
      if (allocation === "full") await fallocate(file, { bytes }, signal);
      else await file.truncate(bytes);
      await file.sync();
    },
    async fence() {
      throw new DriverError("UNIMPLEMENTED", `root ${root.path}: expected shared: true to fence, got false`);
    },
    close: async () => {},
  };
}
