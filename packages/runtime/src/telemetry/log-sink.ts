/** An open log destination. `write` never throws and never blocks the event loop. */
export interface LogSink {
  write(line: string): void;
  /** Resolves when everything accepted was written, could not be, or a second has passed. */
  flush(): Promise<void>;
  /** Opens a file by its name again, after a rotation moved it away. Returns why it could not: the old one stays in use then. */
  reopen(): unknown;
  /** Flushes and closes; lines that come later are lost. Idempotent. */
  close(): Promise<void>;
  /** Lines dropped because the destination stalled, failed or was closed. */
  readonly lost: number;
}
