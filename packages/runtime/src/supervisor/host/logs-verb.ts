import { logLevels, type RecentLine, type RecentLines } from "../../telemetry/index.ts";
import { largestPageBytes } from "./page-of.ts";
import type { LogLine, LogLines, LogQuery } from "./schemas.ts";

/**
 * What a host has logged: the next lines after a number, or the newest ones, fewer than asked for where they would not fit into a
 * message. A number that the host has not come to yet is of its life before: all lines are after it.
 *
 * @param recent undefined where nobody keeps them
 */
export function logsOf(recent: RecentLines | undefined, { least, manager, after, limit }: LogQuery): LogLines {
  if (!recent) return { kept: false, lines: [], upTo: 0, missed: 0 };
  const { newest } = recent;
  const from = after === undefined || after > newest ? 0 : after;
  const lines = recent.after(from);
  const lowest = logLevels.indexOf(least);
  const fits = (line: LogLine) =>
    logLevels.indexOf(line.level) >= lowest && (manager === undefined || line.manager === manager);
  const missed = after === undefined ? 0 : (lines[0]?.number ?? newest + 1) - from - 1;
  if (after !== undefined) return { kept: true, ...firstOf(lines, fits, limit, newest), missed };
  const { lines: last } = firstOf([...lines].reverse(), fits, limit, newest);
  return { kept: true, lines: last.reverse(), upTo: newest, missed };
}

function firstOf(lines: readonly RecentLine[], fits: (line: LogLine) => boolean, limit: number, upTo: number) {
  const found: LogLine[] = [];
  let bytes = 0;
  for (const line of lines) {
    const read = readLine(line);
    if (!fits(read)) continue;
    bytes += Buffer.byteLength(line.text);
    if (found.length === limit || (bytes > largestPageBytes && found.length > 0))
      return { lines: found, upTo: found.at(-1)!.number };
    found.push(read);
  }
  return { lines: found, upTo };
}

/** The host is known to who asks it. */
function readLine({ number, text, isCut }: RecentLine): LogLine {
  const { level, time, host: _, cluster: __, manager, address, msg, err, ...fields } = JSON.parse(text);
  return {
    number,
    at: Date.parse(time),
    level,
    manager: nameOf(manager, address),
    message: typeof msg === "string" ? msg : "",
    error: typeof err === "object" ? err : null,
    fields,
    cut: isCut,
  };
}

/** A line of the audit has the whole name of the manager that was acted upon. */
function nameOf(manager: unknown, address: unknown): string | null {
  if (typeof manager !== "string") return null;
  return typeof address === "string" ? `${manager}/${address}` : manager;
}
