/** An open log destination. `write` never throws and never blocks the event loop. */
export interface LogSink {
  write(line: string): void;
  /** Resolves when everything accepted was written, could not be, or a second has passed. */
  flush(): Promise<void>;
  /** Opens a file by its name again, after a log rotation moved it away. */
  reopen(): void;
  /** Flushes and closes; lines that come later are lost. Idempotent. */
  close(): Promise<void>;
  /** Lines dropped because the destination stalled, failed or was closed. */
  readonly lost: number;
}
