/** How a program ended. */
export interface Ended {
  /** Undefined when it was killed. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** What it reads on standard input. Default: nothing. */
  readonly input?: string | undefined;
  /** Kills it. What it did until then stays done. */
  readonly signal: AbortSignal;
}

/** What the driver needs of the host whose networks it makes. */
export interface Machine {
  /**
   * Runs a program without a shell, in the C locale, and resolves when it has ended: a killed one cannot take effect later.
   *
   * @throws DriverError `FAILED_PRECONDITION` when it cannot be started
   */
  run(program: string, args: readonly string[], options: RunOptions): Promise<Ended>;
  /** Writes a file of `/proc/sys`. */
  write(path: string, text: string): Promise<void>;
  /** Names this boot and this network namespace: what was made under another name is gone. */
  incarnation(): Promise<string>;
}
