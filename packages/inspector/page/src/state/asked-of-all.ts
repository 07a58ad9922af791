import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Asked } from "./asked.ts";
import { fleet, link } from "./page.ts";

/** Hosts that are asked at a time: few of the answers that one page may wait for. */
const hostsAtOnce = 6;
/** Answers of a large fleet are shown together. */
const shownEveryMs = 300;
const everyMs = 2_000;

export interface Question {
  readonly operation: string;
  readonly input: object;
}

/** What one host said last, in the order of the questions. */
export type AskedHost = Asked<readonly unknown[]>;

/**
 * Asks every host that is current the same, one round after the other while somebody looks at it: a few hosts at a time, however
 * many there are.
 *
 * @param questions the same in each rendering
 */
export function useAskedOfAll(questions: readonly Question[]): {
  /** By the host's instance; those that have not answered yet are not in it. */
  readonly asked: Signal<ReadonlyMap<string, AskedHost>>;
  readonly again: () => void;
} {
  const asked = useSignal<ReadonlyMap<string, AskedHost>>(new Map());
  const turn = useSignal(0);
  useEffect(() => {
    let left = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const round = async (): Promise<void> => {
      const found = new Map(asked.value);
      let shownAt = Date.now();
      const show = (): void => {
        if (!left) asked.value = new Map(found);
        shownAt = Date.now();
      };
      const current = fleet.hosts.filter(({ hearing }) => hearing.is === "current").map(({ instance }) => instance);
      for (const instance of found.keys()) if (!current.includes(instance)) found.delete(instance);
      const waiting = current.values();
      const askNext = async (): Promise<void> => {
        for (const instance of waiting) {
          if (left) return;
          found.set(instance, await askedOf(instance, questions, found.get(instance)));
          if (Date.now() - shownAt > shownEveryMs) show();
        }
      };
      await Promise.all(Array.from({ length: hostsAtOnce }, askNext));
      show();
      if (!left) timer = setTimeout(() => void round(), everyMs);
    };
    void round();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [turn.value, fleet.hosts.length]);
  return { asked, again: () => (turn.value += 1) };
}

async function askedOf(
  instance: string,
  questions: readonly Question[],
  before: AskedHost | undefined,
): Promise<AskedHost> {
  try {
    const answer = await Promise.all(questions.map((question) => link.ask({ type: "call", instance, ...question })));
    return { answer, refusal: undefined };
  } catch (error) {
    return { answer: before?.answer, refusal: (error as Error).message };
  }
}
