import type { Logger } from "../telemetry/index.ts";

export interface SignalTarget {
  stop(): Promise<void>;
  reset(): Promise<void>;
}

/** Where signals come from and what ends the process; a test gives its own. */
export interface SignalProcess {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * SIGTERM and SIGINT drain, stop and end the process; a second one ends it at once. SIGHUP resets.
 * Returns how to stop listening.
 */
export function handleSignals(target: SignalTarget, log: Logger, process: SignalProcess): () => void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals, code: number) => () => {
    if (stopping) return process.exit(code);
    stopping = true;
    log.info({ signal }, "draining");
    target.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, "the stop failed");
        process.exit(1);
      },
    );
  };
  const reset = () => {
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
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
