import { ReeveError } from "@reeve/contract";
import type { Progress, TransferOptions } from "@reeve/driver-sdk";

interface Percent {
  readonly percent: number;
}

interface TransferControl {
  /** Of the call that asked for the transfer. */
  readonly signal: AbortSignal;
  /** Ends the transfer. */
  cancel(): void;
}

/**
 * Runs a transfer and yields each whole percent it reaches, the last being 100; what a slow reader misses is left out. A
 * caller's cancel ends the transfer; that its caller was lost, or out of time, does not. Either way this returns when
 * the transfer has come to rest, so that whoever holds a lane for it holds it that long.
 */
export async function* percents<R>(
  { signal, cancel }: TransferControl,
  start: (onProgress: NonNullable<TransferOptions["onProgress"]>) => Promise<R>,
): AsyncGenerator<Percent, R> {
  let reached = 0;
  let told = -1;
  let ended = false;
  let wake = () => {};
  const transfer = start((progress) => {
    reached = Math.max(reached, percentOf(progress));
    wake();
  });
  const rest = transfer.then(
    () => {
      reached = 100;
    },
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
    while (!ended || reached > told) {
      if (reached > told) {
        told = reached;
        yield { percent: told };
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    return await transfer;
  } finally {
    signal.removeEventListener("abort", onAbort);
    await rest;
  }
}

/** 100 is said once the whole transfer is done, not when its last byte is. */
function percentOf({ doneBytes, totalBytes }: Progress): number {
  return totalBytes > 0 ? Math.min(99, Math.floor((100 * doneBytes) / totalBytes)) : 0;
}
