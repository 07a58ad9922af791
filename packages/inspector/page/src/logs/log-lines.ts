import type { LogLine, LogLines } from "@reeve/runtime/host";

export const mostLines = 5_000;

/** A line as the page keeps it. */
export interface ShownLine extends LogLine {
  readonly key: string;
  readonly host: string;
}

/** Lines of a host that the page was too late for, before the next one of it. */
export interface MissedLines {
  readonly key: string;
  readonly host: string;
  readonly at: number;
  readonly missed: number;
}

/** The newest log lines of all hosts, in the order of time. */
export class MergedLines {
  #all: readonly (ShownLine | MissedLines)[] = [];
  /** By the host's instance: up to which number it has told. */
  readonly #upTo = new Map<string, number>();

  /** What a host is to be asked for next; undefined before its first answer. */
  after(instance: string): number | undefined {
    return this.#upTo.get(instance);
  }

  /** Takes what a host answered; what was told before is left out. @param now when it did, in milliseconds since 1970 */
  add(instance: string, host: string, { lines, upTo, missed }: LogLines, now: number): void {
    const before = this.#upTo.get(instance) ?? 0;
    if (this.#upTo.has(instance) && upTo <= before) return;
    this.#upTo.set(instance, upTo);
    const fresh = lines.filter(({ number }) => number > before);
    const told: (ShownLine | MissedLines)[] = fresh.map((line) => ({
      ...line,
      key: `${instance} ${line.number}`,
      host,
    }));
    if (missed > 0) told.unshift({ key: `${instance} missed ${before}`, host, missed, at: fresh[0]?.at ?? now });
    if (told.length === 0) return;
    // Stable: what a host wrote in the same millisecond stays in its order.
    this.#all = [...this.#all, ...told].sort((one, other) => one.at - other.at).slice(-mostLines);
  }

  get all(): readonly (ShownLine | MissedLines)[] {
    return this.#all;
  }
}

/** Those with that text in what is shown of them; where lines are missing is shown always. */
export function linesWith(
  lines: readonly (ShownLine | MissedLines)[],
  text: string,
): readonly (ShownLine | MissedLines)[] {
  const sought = text.trim().toLowerCase();
  if (sought === "") return lines;
  return lines.filter((line) => "missed" in line || textOf(line).includes(sought));
}

function textOf({ host, manager, level, message, error, fields }: ShownLine): string {
  const { requestId = "", operation = "" } = fields;
  const failure = error ? `${error.name} ${error.reason ?? ""} ${error.message}` : "";
  return `${host} ${manager ?? ""} ${level} ${message} ${requestId} ${operation} ${failure}`.toLowerCase();
}
