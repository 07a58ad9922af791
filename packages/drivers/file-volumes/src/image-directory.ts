import { readdir } from "node:fs/promises";
import type { SetupContext } from "@reeve/driver-sdk";
import type { Source } from "@reeve/driver-sdk/volume";
import { requireFallocate } from "./fallocate.ts";
import { fileError } from "./file-error.ts";
import { imageName, type Named, parseName } from "./image-name.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { MemberDirectory } from "./member-directory.ts";
import type { Allocation } from "./options.ts";
import { probeFileSystem } from "./probe-file-system.ts";
import { Root } from "./root.ts";
import { lockRoot, type RootLock } from "./root-lock.ts";
import { rootWorkspace, type Workspace } from "./workspace.ts";

export interface FoundFile extends Named {
  readonly name: string;
}

/** What a set-up opens. */
export interface ImageDirectory {
  readonly root: Root;
  /** Where the session makes what it has not finished. */
  readonly workspace: Workspace;
  /** Keeps others from the root until the session is closed. */
  readonly lock: RootLock;
  readonly allocation: Allocation;
  /** Whether snapshots and clones share storage with their source. */
  readonly hasReflink: boolean;
  /** By image name: one change of an image at a time. */
  readonly locks: KeyedLock;
  /** Partial files that a call of this session is writing. */
  readonly inProgress: Set<string>;
}

export interface DirectoryOptions {
  readonly root: string;
  readonly allocation: Allocation;
  readonly mountPoint: boolean;
  readonly shared: boolean;
}

/** @throws DriverError when the root cannot be used, or space cannot be reserved though `allocation` asks for it */
export async function openDirectory(
  options: DirectoryOptions,
  { signal, log, owner, epoch }: SetupContext,
): Promise<ImageDirectory> {
  const { allocation, mountPoint, shared } = options;
  const root = await Root.open(options.root, mountPoint);
  await root.verify();
  if (allocation === "full") await requireFallocate(signal);
  // Before anything is written there.
  const lock = lockRoot(root, owner, shared);
  let workspace: Workspace | undefined;
  try {
    workspace = shared
      ? await MemberDirectory.open(root, { owner, epoch, allocation, signal, log })
      : rootWorkspace(root);
    const probed = await probeFileSystem(root, workspace);
    // Shared storage must be found anew when it is written, so nothing reserved may share any.
    const hasReflink = probed.hasReflink && allocation !== "full";
    log.info({ root: root.path, allocation, hasReflink, shared }, "image directory opened");
    return { root, workspace, lock, allocation, hasReflink, locks: new KeyedLock(), inProgress: new Set() };
  } catch (error) {
    const fenced = await workspace?.verify().catch((cause: unknown) => cause);
    await workspace?.close().catch(() => {});
    lock.release();
    throw fenced ?? error;
  }
}

/** The driver's own files: finished, and what attempts left. Anything else in the root is left alone. */
export async function findFiles({ root, inProgress }: ImageDirectory): Promise<FoundFile[]> {
  const names = await readdir(root.path).catch((error) => {
    throw fileError(`root ${root.path}`, error);
  });
  // Now, not later: an attempt that ends in between has removed its file by then, and is found missing.
  return names.flatMap((name) => {
    const named = inProgress.has(name) ? undefined : parseName(name);
    return named ? [{ name, ...named }] : [];
  });
}

/** What attempts at an image left, other than those of this session. */
export async function findLeftovers(directory: ImageDirectory, image: Source): Promise<string[]> {
  const wanted = imageName(image);
  const files = await findFiles(directory);
  return files.filter((file) => file.partial && imageName(file.image) === wanted).map(({ name }) => name);
}
