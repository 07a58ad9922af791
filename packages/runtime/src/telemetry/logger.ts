/** One level of a {@link Logger}: fields first, as pino has it. Never throws. */
export interface LogMethod {
  (fields: object, message?: string): void;
  (message: string): void;
}

/**
 * The narrow part of a logger that Reeve uses; a pino logger satisfies it.
 *
 * Fields named `err` hold errors. Values that came from a caller go through a contract's redactor first.
 */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  /** A logger that adds `bindings` to each of its lines. */
  child(bindings: object): Logger;
}

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;

/** From most to least talkative; `silent` writes nothing. */
export type LogLevel = (typeof logLevels)[number];
