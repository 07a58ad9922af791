import { constants, type FileHandle, link, lstat, open, unlink } from "node:fs/promises";
import { join } from "node:path";

/**
 * Files that volumes are exported to and imported from. Names come from callers, so they are plain names (the contract's
 * schema) of regular files straight inside one directory: no path, symbolic link, pipe or device is ever followed.
 */
const chunkBytes = 1 << 20;
const zeros = Buffer.alloc(chunkBytes);

export interface ImportFile {
  readonly bytes: number;
  /** From the start, once; closes the file at its end. */
  readonly data: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Why a file cannot be imported, in words; its cause is the file system's own error. */
export class UnusableFile extends Error {
  override readonly name = "UnusableFile";
}

/** @throws UnusableFile when it is missing, unreadable or no regular file */
export async function openForImport(directory: string, file: string): Promise<ImportFile> {
  // Without O_NONBLOCK opening a pipe would wait for its writer for ever.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(join(directory, file), flags).catch((cause: NodeJS.ErrnoException) => {
    const why =
      cause.code === "ENOENT" ? "it does not exist" : cause.code === "ELOOP" ? "it is a symbolic link" : cause.message;
    throw new UnusableFile(why, { cause });
  });
  const found = await handle.stat();
  if (found.isFile()) return { bytes: found.size, data: chunks(handle), close: () => handle.close() };
  await handle.close();
  throw new UnusableFile("expected a regular file");
}

async function* chunks(handle: FileHandle): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await handle.read({ buffer: Buffer.allocUnsafe(chunkBytes), position });
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** What an export writes to until it is whole. */
export interface PartialFile {
  readonly directory: string;
  readonly file: string;
  /** Its name until then: hidden, and unique to the job. */
  readonly partial: string;
}

export async function isTaken({ directory, file }: PartialFile): Promise<boolean> {
  return lstat(join(directory, file)).then(
    () => true,
    () => false,
  );
}

/**
 * Writes a file that appears under its name when it is whole, and never in place of another. Runs of zeros become holes.
 *
 * @returns its size in bytes, or undefined when the name was taken meanwhile
 */
export async function writeWhole(target: PartialFile, data: AsyncIterable<Uint8Array>): Promise<number | undefined> {
  const partial = join(target.directory, target.partial);
  const handle = await open(partial, "wx", 0o600);
  let bytes = 0;
  try {
    for await (const chunk of data) {
      if (!isZero(chunk)) await handle.write(chunk, 0, chunk.byteLength, bytes);
      bytes += chunk.byteLength;
    }
    await handle.truncate(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    // Unlike rename, link refuses a name that is taken.
    await link(partial, join(target.directory, target.file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    bytes = -1;
  }
  await removePartial(target);
  return bytes < 0 ? undefined : bytes;
}

/** Removes what an export has written so far. Succeeds when there is nothing. */
export async function removePartial({ directory, partial }: PartialFile): Promise<void> {
  await unlink(join(directory, partial)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

function isZero(chunk: Uint8Array): boolean {
  for (let at = 0; at < chunk.byteLength; at += chunkBytes) {
    const part = chunk.subarray(at, at + chunkBytes);
    if (zeros.compare(part, 0, part.byteLength, 0, part.byteLength) !== 0) return false;
  }
  return true;
}
