import { constants } from "node:fs";
import { access, lstat, open, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DriverError } from "@reeve/driver-sdk";
import { errnoOf, fileError } from "./file-error.ts";

/**
 * The directory that holds the images. They lie directly in it, under names without separators, and nothing follows a symbolic
 * link, so no path of ours leads out of it.
 */
export class Root {
  readonly path: string;
  readonly #device: number;
  readonly #inode: number;

  private constructor(path: string, device: number, inode: number) {
    this.path = path;
    this.#device = device;
    this.#inode = inode;
  }

  /** @throws DriverError `UNAVAILABLE` when it is not there, `FAILED_PRECONDITION` when it is not a directory, or not a mount point */
  static async open(given: string, mountPoint: boolean): Promise<Root> {
    const path = await realpath(given).catch((error) => {
      throw missing(given, error);
    });
    const { dev, ino, directory } = await identify(path);
    if (!directory) throw new DriverError("FAILED_PRECONDITION", `root ${given}: not a directory`);
    if (mountPoint && (await identify(dirname(path))).dev === dev)
      throw new DriverError("UNAVAILABLE", `root ${given}: no file system is mounted on it; mount it`);
    return new Root(path, dev, ino);
  }

  /** The only place where a path is made. */
  file(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  /**
   * Refuses a root that went away, was replaced, or may no longer be used.
   *
   * @throws DriverError `UNAVAILABLE`, not retryable when another directory stands in its place
   */
  async verify(): Promise<void> {
    const { dev, ino } = await identify(this.path);
    if (dev !== this.#device || ino !== this.#inode)
      throw new DriverError("UNAVAILABLE", `root ${this.path}: another directory or file system stands in its place`, {
        retryable: false,
      });
    await access(this.path, constants.R_OK | constants.W_OK | constants.X_OK).catch((error) => {
      throw fileError(`root ${this.path}`, error);
    });
  }

  /** Makes names that were added to the root, or to a directory in it, or removed survive a power failure. */
  async sync(...names: readonly string[]): Promise<void> {
    const directory = await open(this.file(...names), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  /** Size of the regular file of that name in bytes; undefined when there is none. */
  async sizeOf(name: string): Promise<number | undefined> {
    try {
      const found = await lstat(this.file(name));
      if (found.isFile()) return found.size;
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw fileError(name, error);
    }
    throw new DriverError("FAILED_PRECONDITION", `${name}: no image file, but something else of that name; remove it`);
  }
}

async function identify(path: string): Promise<{ dev: number; ino: number; directory: boolean }> {
  try {
    const found = await stat(path);
    return { dev: found.dev, ino: found.ino, directory: found.isDirectory() };
  } catch (error) {
    throw missing(path, error);
  }
}

function missing(path: string, error: unknown): unknown {
  return errnoOf(error) === "ENOENT"
    ? new DriverError("UNAVAILABLE", `root ${path}: not there; create or mount it`, { cause: error })
    : fileError(`root ${path}`, error);
}
