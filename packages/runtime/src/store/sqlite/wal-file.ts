import { type FileHandle, open } from "node:fs/promises";

/** The bytes of the log's own header, and of each frame's: https://sqlite.org/fileformat2.html#the_write_ahead_log */
const headerBytes = 32;
const frameHeaderBytes = 24;

/** The path of a database's write-ahead log. */
export function logOf(database: string): string {
  return `${database}-wal`;
}

/** Makes the bytes written to an open file last. Tests hold it up, or make it fail. */
export type SyncFile = (file: FileHandle) => Promise<void>;

/** `fdatasync`, in a thread of libuv's. On macOS it empties the disk's own cache too. */
export const syncFile: SyncFile = (file) => file.datasync();

/**
 * The write-ahead log of a database, to be synced apart from SQLite: one descriptor for each opening of the database. Only
 * the log may be opened by another than SQLite: closing a descriptor of the database, its `-shm` or `-lock` would drop the
 * locks that this process has on them
 * (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
export class WalFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #sync: SyncFile;
  /** Of the frames written since the log was last begun anew; undefined before the first look. */
  #salt: Buffer | undefined;
  #frameBytes = 0;

  /** Opens the log of a database that SQLite has open already. */
  static async open(database: string, sync: SyncFile): Promise<WalFile> {
    const path = logOf(database);
    return new WalFile(path, await open(path, "r+"), sync);
  }

  private constructor(path: string, file: FileHandle, sync: SyncFile) {
    this.path = path;
    this.#file = file;
    this.#sync = sync;
  }

  sync(): Promise<void> {
    return this.#sync(this.#file);
  }

  stat() {
    return this.#file.stat({ bigint: true });
  }

  /** The log is begun anew: what it holds counts no more. */
  begunAnew(): void {
    this.#salt = undefined;
  }

  /** Whether at least so many frames were written since the log was begun anew. Its size does not tell: it never shrinks by that. */
  async holds(frames: number): Promise<boolean> {
    if (!this.#salt) {
      const header = await this.#read(0, headerBytes);
      if (header.length < headerBytes) return false;
      this.#frameBytes = frameHeaderBytes + header.readUInt32BE(8);
      this.#salt = header.subarray(16, 24);
    }
    const frame = await this.#read(headerBytes + (frames - 1) * this.#frameBytes, frameHeaderBytes);
    return frame.length === frameHeaderBytes && frame.subarray(8, 16).equals(this.#salt);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #read(position: number, length: number): Promise<Buffer> {
    const { bytesRead, buffer } = await this.#file.read({ buffer: Buffer.alloc(length), position });
    return buffer.subarray(0, bytesRead);
  }
}

const chunkBytes = 1_048_576;

/**
 * Writes the bytes of a log once more, and syncs them: after a sync that failed the kernel takes them for written, and a later
 * sync would pass them over. Only while nobody has the database open.
 */
export async function rewriteLogOf(database: string, sync: SyncFile): Promise<void> {
  const file = await open(logOf(database), "r+");
  try {
    const buffer = Buffer.alloc(chunkBytes);
    for (let position = 0; ; ) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, position);
      if (bytesRead === 0) break;
      await file.write(buffer, 0, bytesRead, position);
      position += bytesRead;
    }
    await sync(file);
  } finally {
    await file.close();
  }
}
