import { useSignal } from "@preact/signals";
import type { JSX } from "preact";

/** A list that grows, and stands still while somebody reads it. */
export interface Pausing<T> {
  /** What is shown: all of it, or what was there when it was paused. */
  readonly items: readonly T[];
  readonly paused: boolean;
  readonly pause: (paused: boolean) => void;
}

/** @param all may be changed in place */
export function usePausing<T>(all: readonly T[]): Pausing<T> {
  const frozen = useSignal<readonly T[] | undefined>(undefined);
  return {
    items: frozen.value ?? all,
    paused: frozen.value !== undefined,
    pause: (paused) => {
      frozen.value = paused ? [...all] : undefined;
    },
  };
}

export function PauseButton({ paused, pause }: Omit<Pausing<unknown>, "items">): JSX.Element {
  return (
    <button type="button" class="button" aria-pressed={paused} onClick={() => pause(!paused)}>
      {paused ? "Resume" : "Pause"}
    </button>
  );
}
