import type { Logger } from "../telemetry/index.ts";

export interface SignalTarget {
  stop(): Promise<void>;
  reset(): Promise<void>;
  /** Opens a log file by its name again. */
  reopenLog(): void;
  /** Rejects when it gave up, and stops by itself. */
  readonly finished: Promise<void>;
}

/** Where signals come from and what ends the process; a test gives its own. */
export interface SignalProcess {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
}

/** What a process ends with that could not go on: not a code of its own, which every service manager would have to be taught. */
export const gaveUpCode = 1;

/**
 * SIGTERM and SIGINT drain, stop and end the process; a second one ends it at once. SIGHUP opens the log
 * file again and resets. Giving up ends the process too, with a code that is not 0, also when a signal comes while it stops for that. Returns how to leave signals and process alone.
 */
export function handleSignals(target: SignalTarget, log: Logger, process: SignalProcess): () => void {
  let stopping = false;
  let listening = true;
  let code = 0;
  const end = () => {
    target.stop().then(
      () => process.exit(code),
      (error: unknown) => {
        log.error({ err: error }, "the stop failed");
        process.exit(1);
      },
    );
  };
  const stop = (signal: NodeJS.Signals, killed: number) => () => {
    if (stopping) return process.exit(killed);
    stopping = true;
    log.info({ signal }, "draining");
    end();
  };
  target.finished.catch(() => {
    code = gaveUpCode;
    if (listening) end();
  });
  const reset = () => {
    target.reopenLog();
    if (stopping) return;
    target
      .reset()
      .catch((error: unknown) => log.error({ err: error }, "the reset failed; what served before serves on"));
  };
  // 128 + the signal's number, as shells report it.
  const listeners = [
    ["SIGTERM", stop("SIGTERM", 143)],
    ["SIGINT", stop("SIGINT", 130)],
    ["SIGHUP", reset],
  ] as const;
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    listening = false;
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
