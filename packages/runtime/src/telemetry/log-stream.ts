import { destination as openSonic } from "pino";
import type { Clock } from "../base/clock.ts";
import { flushAtExit } from "./flush-at-exit.ts";
import type { LogSink } from "./log-sink.ts";

/** A reader that stalls, or a full disk, costs lines past this; it must not cost memory without end. */
const backlogBytes = 8 * 1024 * 1024;

/** Tries against a reader that takes nothing, 100 ms apart: what is left at exit must not keep the process alive. */
const stalledTries = 10;

const flushMs = 1_000;

/** Writes lines to an open file descriptor, in the background, and what is left of them when the process exits. */
export function openLogStream(fd: number, clock: Clock): LogSink {
  let stalled = 0;
  let lost = 0;
  let pendingBytes = 0;
  let closing: Promise<void> | undefined;
  let flushed: (() => void)[] = [];
  let refused = false;
  const stream = openSonic({
    dest: fd,
    sync: false,
    maxLength: backlogBytes,
    retryEAGAIN: () => ++stalled < stalledTries,
  });

  stream.flushSync = () => flushAtExit(stream, fd, stalledTries);

  function settle(): void {
    const waiting = flushed;
    flushed = [];
    for (const resolve of waiting) resolve();
  }

  stream.on("write", (bytes: number) => {
    stalled = 0;
    refused = false;
    pendingBytes -= bytes;
    if (pendingBytes <= 0) settle();
  });
  stream.on("drop", (line: string) => {
    lost++;
    pendingBytes -= Buffer.byteLength(line);
  });
  // What could not be written stays in the backlog and is tried again with the next line, unless none comes any more.
  stream.on("error", () => {
    refused = true;
    settle();
    if (closing) stream.destroy();
  });

  // The stream's own flush returns at once when it does not gather lines.
  function flush(): Promise<void> {
    if (pendingBytes <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, flushMs);
      flushed.push(() => {
        clock.clearTimeout(timer);
        resolve();
      });
    });
  }

  return {
    write(line) {
      if (closing) {
        lost++;
        return;
      }
      pendingBytes += Buffer.byteLength(line);
      stream.write(line);
    },
    flush,
    reopen() {},
    close() {
      // Nobody waits longer for what is slow, but all of it is written: a busy machine costs no lines, a full disk does.
      closing ??= flush().then(() => (refused ? stream.destroy() : stream.end()));
      return closing;
    },
    get lost() {
      return lost;
    },
  };
}
