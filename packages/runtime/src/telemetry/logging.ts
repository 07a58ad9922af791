import { reeveError } from "@reeve/contract";
import { type Logger as Pino, pino } from "pino";
import { type Clock, systemClock } from "../base/clock.ts";
import { harmlessLine } from "./harmless-line.ts";
import { lineFields } from "./line-fields.ts";
import { type LogDestination, openDestination } from "./log-destination.ts";
import { type Logger, type LogLevel, logLevels } from "./logger.ts";
import type { RecentLines } from "./recent-lines.ts";

export interface LoggingOptions {
  /** Default `info`. */
  readonly level?: LogLevel | undefined;
  /** Default `stderr`, so that stdout stays free for what the program prints. */
  readonly destination?: LogDestination | undefined;
  /** Put on every line: the host and cluster, say. */
  readonly bindings?: object | undefined;
  readonly clock?: Clock | undefined;
}

/** A process's log output. */
export interface Logging {
  readonly log: Logger;
  /**
   * Settable at run time; it holds for every logger made from `log`, also those made before. Lines with `audit: true` are written
   * whatever it is, unless it was opened `silent`: who may set a level may not act unseen.
   */
  level: LogLevel;
  /** Lines dropped because the destination stalled or failed. */
  readonly lost: number;
  /** Resolves when everything accepted was written, could not be, or a second has passed. */
  flush(): Promise<void>;
  /** Opens a log file by its name again, after a rotation. Where that fails, lines go on to the old file, and one says so. */
  reopen(): void;
  /** Flushes and closes. Idempotent; later lines are counted as lost. */
  close(): Promise<void>;
}

type Severity = Exclude<LogLevel, "silent">;

interface Shared {
  threshold: number;
  /** Lines with `audit: true` are written whatever the threshold is. */
  readonly audits: boolean;
  /** Where lines go; those that are written are kept as well, where it is said. */
  readonly open: (recent?: RecentLines) => Pino;
}

/**
 * Opens JSON lines through pino. A logger of it never throws, and what it is given cannot break or forge a line. The last lines
 * before `process.exit` or an uncaught exception are written; kill -9 takes what is not.
 *
 * @example
 * ```ts
 * const logging = createLogging({ destination: { path: "/var/log/reeve.log" } });
 * const supervisor = createSupervisor({ host: "block-01", log: logging });
 * process.on("SIGUSR2", () => (logging.level = logging.level === "info" ? "debug" : "info"));
 * ```
 *
 * @throws ReeveError `INVALID_OPTION` for an unknown level, or a destination that cannot be opened
 */
export function createLogging(options: LoggingOptions = {}): Logging {
  const { bindings = {}, clock = systemClock } = options;
  const threshold = severity(options.level ?? "info");
  const destination = openDestination(options.destination ?? "stderr", clock);
  const open = (recent?: RecentLines): Pino =>
    pino(
      {
        level: "debug",
        base: null,
        timestamp: () => `,"time":"${new Date(clock.wallNow()).toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
      },
      {
        write(given) {
          const line = harmlessLine(given);
          destination.write(line);
          recent?.add(line);
        },
      },
    );
  const shared: Shared = { threshold, audits: threshold !== severity("silent"), open };
  const log = new LevelledLogger(shared, open(), bindings);
  return {
    log,
    get level() {
      return logLevels[shared.threshold]!;
    },
    set level(level) {
      shared.threshold = severity(level);
    },
    get lost() {
      return destination.lost;
    },
    flush: () => destination.flush(),
    reopen: () => {
      const err = destination.reopen();
      if (err !== undefined) log.error({ err }, "the log file cannot be opened again; lines go on to the old one");
    },
    close: () => destination.close(),
  };
}

function severity(level: LogLevel): number {
  const index = logLevels.indexOf(level);
  if (index >= 0) return index;
  throw reeveError(
    "INVALID_OPTION",
    `log level: expected one of ${logLevels.join(", ")}, got ${JSON.stringify(level)}`,
  );
}

function isAudit(first: object | string): boolean {
  return typeof first === "object" && (first as { readonly audit?: unknown }).audit === true;
}

/**
 * The same logger, which keeps the lines that it and its children write; undefined where `log` is no logger of {@link createLogging},
 * so that nobody knows what it writes.
 */
export function keepingLines(log: Logger, recent: RecentLines): Logger | undefined {
  return log instanceof LevelledLogger ? log.keeping(recent) : undefined;
}

/** pino copies its level into each child, so the level that can change is kept here and pino's is left open. */
class LevelledLogger implements Logger {
  readonly #shared: Shared;
  readonly #parent: Pino;
  readonly #bindings: object;
  #own: Pino | undefined;

  constructor(shared: Shared, parent: Pino, bindings: object) {
    this.#shared = shared;
    this.#parent = parent;
    this.#bindings = bindings;
  }

  debug(first: object | string, message?: string): void {
    this.#write("debug", first, message);
  }

  info(first: object | string, message?: string): void {
    this.#write("info", first, message);
  }

  warn(first: object | string, message?: string): void {
    this.#write("warn", first, message);
  }

  error(first: object | string, message?: string): void {
    this.#write("error", first, message);
  }

  child(bindings: object): Logger {
    return new LevelledLogger(this.#shared, this.#parent, { ...this.#bindings, ...bindings });
  }

  keeping(recent: RecentLines): Logger {
    return new LevelledLogger(this.#shared, this.#shared.open(recent), this.#bindings);
  }

  #write(level: Severity, first: object | string, message: string | undefined): void {
    const { threshold, audits } = this.#shared;
    if (logLevels.indexOf(level) < threshold && !(audits && isAudit(first))) return;
    try {
      // Most children of a busy manager never write a line; pino renders bindings when a child is made.
      this.#own ??= this.#parent.child(lineFields(this.#bindings, {}));
      if (typeof first === "string") this.#own[level](first);
      else this.#own[level](lineFields(first, this.#bindings), message);
    } catch (error) {
      this.#parent.error({ err: { message: String(error) } }, "a log line could not be written");
    }
  }
}
