import type { Logger, LogLevel, LogMethod } from "./logger.ts";

/** A line as it was logged, bindings merged in. */
export interface RecordedLine {
  readonly level: Exclude<LogLevel, "silent">;
  readonly message: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface RecordingLogger extends Logger {
  /** Shared with every child, in order of logging. */
  readonly lines: readonly RecordedLine[];
}

/**
 * A logger that keeps its lines in memory, for tests.
 *
 * @example
 * ```ts
 * const log = recordingLogger();
 * log.warn({ volume: "v1" }, "no room");
 * console.log(log.lines[0]?.message);
 * ```
 */
export function recordingLogger(): RecordingLogger {
  const lines: RecordedLine[] = [];
  return { ...recorder(lines, {}), lines };
}

function recorder(lines: RecordedLine[], bindings: object): Logger {
  const method = (level: RecordedLine["level"]): LogMethod => {
    return (first: object | string, second?: string) => {
      const [fields, message] = typeof first === "string" ? [{}, first] : [first, second];
      lines.push({ level, message, fields: { ...bindings, ...fields } });
    };
  };
  return {
    debug: method("debug"),
    info: method("info"),
    warn: method("warn"),
    error: method("error"),
    child: (more) => recorder(lines, { ...bindings, ...more }),
  };
}
