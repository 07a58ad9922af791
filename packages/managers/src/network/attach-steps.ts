import { ReeveError } from "@reeve/contract";
import type { AttachStep } from "./contract.ts";

interface Control {
  /** Of the call that asked for it. */
  readonly signal: AbortSignal;
  /** Ends the work. */
  cancel(): void;
}

/**
 * Runs an attachment and yields each step that it has taken. It never waits for its reader: meanwhile it would hold up others of
 * its network. A caller's cancel ends it; that its caller was lost, or out of time, does not. Either way this returns when it
 * has come to rest, so that whoever holds a lane for it holds it that long.
 */
export async function* attachSteps<R>(
  { signal, cancel }: Control,
  start: (onStep: (step: AttachStep) => void) => Promise<R>,
): AsyncGenerator<{ readonly step: AttachStep }, R> {
  const taken: AttachStep[] = [];
  let told = 0;
  let ended = false;
  let wake = () => {};
  const attaching = start((step) => {
    taken.push(step);
    wake();
  });
  const rest = attaching.then(
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
    for (;;) {
      const step = taken[told];
      if (step !== undefined) {
        told++;
        yield { step };
      } else if (ended) {
        return await attaching;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    await rest;
  }
}
