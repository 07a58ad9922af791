import { ReeveError } from "@reeve/contract";

/** How work that a stream runs is ended. */
export interface WorkControl {
  /** Of the call that asked for the work. */
  readonly signal: AbortSignal;
  /** Ends the work. */
  cancel(): void;
}

export interface StepOptions {
  /** Whether a step is left out once a newer one is there that its reader has not seen either. Default false: every step is yielded. */
  readonly newestOnly?: boolean;
}

/**
 * Runs work and yields the steps that it tells of; the work never waits for their reader. A caller's cancel ends the work; that
 * its caller was lost, or out of time, does not. Either way this returns when the work has come to rest, so that a lane that is held
 * for it is held that long.
 *
 * @throws what the work throws
 * @example
 * ```ts
 * const control = { signal: ctx.signal, cancel: () => work.cancel(id, ctx.signal.reason) };
 * return yield* stepsOfWork(control, (onStep) => work.run(job, ({ signal }) => wire(signal, onStep)));
 * ```
 */
export async function* stepsOfWork<Step, Result>(
  { signal, cancel }: WorkControl,
  start: (onStep: (step: Step) => void) => Promise<Result>,
  { newestOnly = false }: StepOptions = {},
): AsyncGenerator<Step, Result> {
  const untold: Step[] = [];
  let ended = false;
  let wake = () => {};
  const working = start((step) => {
    if (newestOnly) untold.length = 0;
    untold.push(step);
    wake();
  });
  const rest = working.then(
    () => {},
    () => {},
  );
  void rest.then(() => {
    ended = true;
    wake();
  });
  const onAbort = () => {
    if (signal.reason instanceof ReeveError && signal.reason.reason === "CANCELLED") cancel();
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    while (!ended || untold.length > 0) {
      if (untold.length > 0) yield untold.shift() as Step;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    return await working;
  } finally {
    signal.removeEventListener("abort", onAbort);
    await rest;
  }
}
