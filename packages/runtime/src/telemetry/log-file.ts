import { openSync } from "node:fs";
import type { Clock } from "../base/clock.ts";
import type { LogSink } from "./log-sink.ts";
import { openLogStream } from "./log-stream.ts";

/**
 * Writes lines to the end of a file. After a rotation it is opened again by its name: lines from then on go to the new file,
 * those before are still written to the old one. Where it cannot be opened, lines go on to the old one.
 *
 * @throws the error of the file system
 */
export function openLogFile(path: string, clock: Clock): LogSink {
  const open = () => openLogStream(openSync(path, "a"), clock);
  let current = open();
  let lostBefore = 0;
  /** What is still written to files that were moved away. */
  let leaving: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function leave(old: LogSink): Promise<void> {
    await old.close();
    lostBefore += old.lost;
  }

  return {
    write: (line) => current.write(line),
    flush: () => Promise.all([leaving, current.flush()]).then(() => undefined),
    reopen() {
      if (closed) return;
      const old = current;
      try {
        current = open();
      } catch (error) {
        return error;
      }
      leaving = Promise.all([leaving, leave(old)]);
      return undefined;
    },
    close() {
      closed = true;
      return Promise.all([leaving, current.close()]).then(() => undefined);
    },
    get lost() {
      return lostBefore + current.lost;
    },
  };
}
