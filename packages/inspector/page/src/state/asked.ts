import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { link } from "./page.ts";

/** What a host said when it was asked last; the answer stays while a later question is refused. */
export interface Asked<T> {
  readonly answer: T | undefined;
  readonly refusal: string | undefined;
}

/**
 * Asks a host an operation of its contract, and again every so often while somebody looks at it. Never twice at a time.
 *
 * @param key what is asked and of whom: another key asks anew
 */
export function useAsked<T>(
  { instance, operation, input }: { readonly instance: string; readonly operation: string; readonly input: object },
  key: string,
  everyMs = 2_000,
): { readonly asked: Signal<Asked<T>>; readonly again: () => void } {
  const asked = useSignal<Asked<T>>({ answer: undefined, refusal: undefined });
  const turn = useSignal(0);
  useEffect(() => {
    let left = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        const answer = (await link.ask({ type: "call", instance, operation, input })) as T;
        if (!left) asked.value = { answer, refusal: undefined };
      } catch (error) {
        if (!left) asked.value = { answer: asked.value.answer, refusal: (error as Error).message };
      }
      if (!left) timer = setTimeout(() => void ask(), everyMs);
    };
    void ask();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [key, turn.value]);
  return { asked, again: () => (turn.value += 1) };
}
