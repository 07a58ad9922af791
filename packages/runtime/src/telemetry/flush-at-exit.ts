import { writeSync } from "node:fs";
import type { pino } from "pino";

/** What a stream of sonic-boom still has: what is being written, or was refused, and what comes after it. */
interface Unwritten {
  _bufs: string[];
  _writing: boolean;
  _writingBuf: string;
}

const pauseMs = 100;

/**
 * Writes what a stream has left, where nothing but this may run any more. The stream's own way tries for ever what a full disk
 * refuses, and so keeps a process from its end; here only a reader that stalls is tried again, that often. What cannot be
 * written is dropped, and what a thread is writing right now is left to it, and may come behind this.
 */
export function flushAtExit(stream: ReturnType<typeof pino.destination>, fd: number, tries: number): void {
  const unwritten = stream as unknown as Unwritten;
  const text = (unwritten._writing ? "" : unwritten._writingBuf) + unwritten._bufs.join("");
  unwritten._bufs = [];
  if (!unwritten._writing) unwritten._writingBuf = "";
  let bytes = Buffer.from(text);
  for (let stalled = 0; bytes.length > 0 && stalled < tries; ) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes));
      stalled = 0;
    } catch (error) {
      if (!stalls(error)) return;
      stalled++;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}

function stalls(error: unknown): boolean {
  return ["EAGAIN", "EBUSY"].includes((error as NodeJS.ErrnoException).code ?? "");
}
