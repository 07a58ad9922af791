/** Structured log lines. A pino logger is one. */
export interface DriverLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** How far a transfer is. */
export interface Progress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** What every driver method is given. */
export interface DriverCall {
  /** Aborts at the deadline, at a cancel and at the end of the driver. A method that ignores it holds its slot until it returns. */
  readonly signal: AbortSignal;
  readonly log: DriverLog;
  /** Who calls, as a fencing token: see {@link SetupContext.epoch}. */
  readonly epoch: number;
}

/** What a transfer is given. */
export interface TransferCall extends DriverCall {
  /** Tells how far it is; also the sign of life that keeps the transfer's deadline away. Never throws. */
  progress(progress: Progress): void;
}

/** Whose a driver's session is. */
export interface DriverOwner {
  readonly host: string;
  /** `host` or `host@backend`. */
  readonly address: string;
  readonly manager: string;
  /** Members of one cluster answer for the same device. */
  readonly cluster: string | undefined;
}

/** Which sessions a fence ends: those whose owner has this address, and whose epoch is lower than this one. */
export interface Fenced {
  /** `host` or `host@backend`, as in {@link DriverOwner.address}. */
  readonly address: string;
  /** A whole number from 1; the first epoch at this address that is still served. */
  readonly epoch: number;
}

/** What `setup` is given. */
export interface SetupContext {
  /** For whom it is set up: a device that belongs to one at a time refuses others. Absent where no manager is behind it. */
  readonly owner?: DriverOwner | undefined;
  /** Aborts when the set-up takes too long or the driver is closed. */
  readonly signal: AbortSignal;
  readonly log: DriverLog;
  /**
   * The epoch of the manager's incarnation, a whole number from 1: a fencing token. Each incarnation at an address has a higher
   * one than those before it, so a device that remembers the highest it was shown may refuse what comes with a lower one: a
   * command of a process that was paused or cut off, and is late. A driver whose device cannot do that ignores it.
   *
   * Comparable only for one address within one store: a store that was replaced or restored counts from the start again, and
   * epochs of different addresses say nothing about each other.
   */
  readonly epoch: number;
}
