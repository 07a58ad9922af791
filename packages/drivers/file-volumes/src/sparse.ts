import type { FileHandle } from "node:fs/promises";
import type { Progress } from "@reeve/driver-sdk";
import { dataRanges } from "./data-ranges.ts";

/** The unit in which zeros are looked for. Smaller ones find more holes and cost more writes. */
const blockBytes = 64 * 1024;
const zeros = Buffer.alloc(blockBytes);

export const chunkBytes = 1024 * 1024;

/** Data is flushed this often, so that the last flush is short and a transfer never looks stalled in it. */
const flushEveryBytes = 256 * 1024 * 1024;

/** Writes data to a file of zeros, leaving holes where the data is zero. */
export class SparseWriter {
  readonly #file: FileHandle;
  #unflushedBytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(data: Uint8Array, offset: number): Promise<void> {
    let from = 0;
    for (let at = 0; at < data.length; ) {
      // Blocks are aligned in the file, however the data was cut.
      const end = Math.min(data.length, at + blockBytes - ((offset + at) % blockBytes));
      if (isZero(data.subarray(at, end))) {
        await this.#put(data.subarray(from, at), offset + from);
        from = end;
      }
      at = end;
    }
    await this.#put(data.subarray(from), offset + from);
  }

  async #put(data: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < data.length; ) {
      const { bytesWritten } = await this.#file.write(data, done, data.length - done, offset + done);
      done += bytesWritten;
    }
    this.#unflushedBytes += data.length;
    if (this.#unflushedBytes < flushEveryBytes) return;
    this.#unflushedBytes = 0;
    await this.#file.datasync();
  }
}

export interface CopyOptions {
  readonly bytes: number;
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
}

/**
 * Copies the content to a file of zeros, leaving holes where it is zero.
 *
 * Holes of the source are skipped where the file system tells of them, else read like data.
 */
export async function copySparse(from: FileHandle, to: FileHandle, options: CopyOptions): Promise<void> {
  const { bytes, signal, progress } = options;
  const chunk = Buffer.allocUnsafe(chunkBytes);
  const writer = new SparseWriter(to);
  signal.throwIfAborted();
  for (const range of (await dataRanges(from, bytes)) ?? [{ from: 0, to: bytes }]) {
    for (let offset = range.from; offset < range.to; ) {
      signal.throwIfAborted();
      const { bytesRead } = await from.read(chunk, 0, Math.min(chunk.length, range.to - offset), offset);
      if (bytesRead === 0) break;
      await writer.write(chunk.subarray(0, bytesRead), offset);
      offset += bytesRead;
      progress({ doneBytes: offset, totalBytes: bytes });
    }
  }
}

function isZero(block: Uint8Array): boolean {
  return zeros.compare(block, 0, block.length, 0, block.length) === 0;
}
