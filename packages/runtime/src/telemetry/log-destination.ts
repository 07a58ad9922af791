import { resolve } from "node:path";
import { reeveError } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import { openLogFile } from "./log-file.ts";
import type { LogSink } from "./log-sink.ts";
import { openLogStream } from "./log-stream.ts";

/**
 * Where lines go: a standard stream, a file that is appended to (its folder must exist), or anything that takes lines,
 * each ending in a newline.
 */
export type LogDestination = "stderr" | "stdout" | { readonly path: string } | { write(line: string): void };

/** @throws ReeveError `INVALID_OPTION` when it is another value or the file cannot be opened */
export function openDestination(destination: LogDestination, clock: Clock): LogSink {
  if (destination === "stderr") return openLogStream(2, clock);
  if (destination === "stdout") return openLogStream(1, clock);
  if (typeof destination === "object" && destination !== null) {
    if ("path" in destination && typeof destination.path === "string") return openFile(destination.path, clock);
    if ("write" in destination && typeof destination.write === "function") return openWriter(destination);
  }
  throw reeveError(
    "INVALID_OPTION",
    `log destination: expected "stderr", "stdout", { path } or { write }, got ${JSON.stringify(destination)}`,
  );
}

/** Opened at once: a mistake in the path belongs to whoever made it, and a process that exits in this moment can still write. */
function openFile(path: string, clock: Clock): LogSink {
  try {
    return openLogFile(resolve(path), clock);
  } catch (cause) {
    throw reeveError("INVALID_OPTION", `log destination: cannot append to ${JSON.stringify(path)}`, { cause });
  }
}

function openWriter(writer: { write(line: string): void }): LogSink {
  let lost = 0;
  return {
    write(line) {
      try {
        writer.write(line);
      } catch {
        lost++;
      }
    },
    async flush() {},
    reopen() {},
    async close() {},
    get lost() {
      return lost;
    },
  };
}
