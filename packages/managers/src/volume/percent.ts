import type { Progress, TransferOptions } from "@reeve/driver-sdk";
import { stepsOfWork, type WorkControl } from "../resource/index.ts";

interface Percent {
  readonly percent: number;
}

/**
 * Runs a transfer and yields each whole percent it reaches, the last being 100; what a slow reader misses is left out. Its caller ends
 * it, or not, as `stepsOfWork` has it.
 */
export function percents<R>(
  control: WorkControl,
  start: (onProgress: NonNullable<TransferOptions["onProgress"]>) => Promise<R>,
): AsyncGenerator<Percent, R> {
  let reached = -1;
  const transfer = async (onStep: (step: Percent) => void) => {
    const told = (percent: number) => {
      if (percent <= reached) return;
      reached = percent;
      onStep({ percent });
    };
    told(0);
    const result = await start((progress) => told(percentOf(progress)));
    told(100);
    return result;
  };
  return stepsOfWork(control, transfer, { newestOnly: true });
}

/** 100 is said once the whole transfer is done, not when its last byte is. */
function percentOf({ doneBytes, totalBytes }: Progress): number {
  return totalBytes > 0 ? Math.min(99, Math.floor((100 * doneBytes) / totalBytes)) : 0;
}
