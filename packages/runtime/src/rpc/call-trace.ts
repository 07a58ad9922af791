import type { Observed } from "../telemetry/observing.ts";

/** What an observer, or an inspector, sees of one call: made where there is one. */
export class CallTrace {
  /** As its caller. */
  call: Observed | undefined = undefined;
  /** As its callee, in the same process. */
  run: Observed | undefined = undefined;
  /** Told once how it ended, where inspectors were shown that it came. */
  shown: ((error: Error | undefined) => void) | undefined = undefined;
  #callEnded = false;

  /** What the calls of its handler carry on. */
  get traceparent(): string | undefined {
    return this.run?.traceparent ?? this.call?.traceparent;
  }

  /** Its caller has been told; the first time counts: a cast ends once more. */
  callEnded(error: Error | undefined, address: string | undefined): void {
    if (this.#callEnded) return;
    this.#callEnded = true;
    this.call?.ended(error, address);
    this.shown?.(error);
  }
}
