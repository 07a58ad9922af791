import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Asked } from "./asked.ts";
import { fleet, link } from "./page.ts";

/** Hosts that are asked at a time, so that what a person asks meanwhile is not kept waiting. */
const hostsAtOnce = 6;
/** Answers of a large fleet are shown together. */
const shownEveryMs = 300;
const everyMs = 2_000;
/** Hosts that nobody has asked yet are not kept waiting. */
const lookEveryMs = 200;

export interface Question {
  readonly operation: string;
  readonly input: object;
}

/** What a host is asked this time; it is asked nothing where there are no questions. */
type QuestionsOf = (instance: string) => readonly Question[];

/** What one host said last, in the order of the questions. */
export type AskedHost = Asked<readonly unknown[]>;

/** By the host's instance; those that have not answered yet are not in it. */
type AskedHosts = ReadonlyMap<string, AskedHost>;

/**
 * Asks every host that is current the same, and again every so often while somebody looks at it: a few hosts at a time, however many
 * there are, and none twice at once. One that does not answer keeps no other waiting.
 *
 * @param questions the same in each rendering; or where they differ by host or time, what they are whenever a host is asked
 */
export function useAskedOfAll(questions: readonly Question[] | QuestionsOf): {
  readonly asked: Signal<AskedHosts>;
  readonly again: () => void;
} {
  const asked = useSignal<AskedHosts>(new Map());
  const survey = useRef<Survey | undefined>(undefined);
  useEffect(() => {
    const questionsOf = typeof questions === "function" ? questions : () => questions;
    const begun = new Survey(questionsOf, (found) => {
      asked.value = found;
    });
    survey.current = begun;
    return () => begun.end();
  }, []);
  return { asked, again: () => survey.current?.again() };
}

class Survey {
  readonly #questionsOf: QuestionsOf;
  readonly #show: (found: AskedHosts) => void;
  readonly #found = new Map<string, AskedHost>();
  readonly #asking = new Set<string>();
  /** When each is asked again; those that are not in it at once, or when they have answered. */
  readonly #dueAt = new Map<string, number>();
  #due: string[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  #shownAt = Number.NEGATIVE_INFINITY;
  #showing: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(questionsOf: QuestionsOf, show: (found: AskedHosts) => void) {
    this.#questionsOf = questionsOf;
    this.#show = show;
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
    this.#look();
  }

  /** Something was done: what was said before, or is on its way, may be out of date. */
  again(): void {
    this.#dueAt.clear();
    this.#look();
  }

  end(): void {
    this.#ended = true;
    clearInterval(this.#timer);
    clearTimeout(this.#showing);
  }

  /** Which are due, the one that has waited longest first. */
  #look(): void {
    const current = new Set(
      fleet.hosts.filter(({ hearing }) => hearing.is === "current").map(({ instance }) => instance),
    );
    for (const instance of this.#found.keys()) if (!current.has(instance)) this.#forget(instance);
    const now = Date.now();
    const dueAt = (instance: string): number => this.#dueAt.get(instance) ?? 0;
    this.#due = [...current]
      .filter((instance) => !this.#asking.has(instance) && dueAt(instance) <= now)
      .sort((one, other) => dueAt(one) - dueAt(other));
    this.#askNext();
  }

  #askNext(): void {
    for (const instance of this.#due.splice(0, hostsAtOnce - this.#asking.size)) void this.#ask(instance);
  }

  async #ask(instance: string): Promise<void> {
    this.#asking.add(instance);
    // Infinity: it is not due while it is asked. Where that was taken out meanwhile, it is due as soon as it has answered.
    this.#dueAt.set(instance, Number.POSITIVE_INFINITY);
    const said = await this.#answer(instance);
    this.#asking.delete(instance);
    if (this.#ended) return;
    if (this.#dueAt.has(instance)) this.#dueAt.set(instance, Date.now() + everyMs);
    this.#found.set(instance, said);
    this.#showSoon();
    this.#askNext();
  }

  async #answer(instance: string): Promise<AskedHost> {
    try {
      const asked = this.#questionsOf(instance).map((question) => link.ask({ type: "call", instance, ...question }));
      return { answer: await Promise.all(asked), refusal: undefined };
    } catch (error) {
      return { answer: this.#found.get(instance)?.answer, refusal: (error as Error).message };
    }
  }

  #forget(instance: string): void {
    this.#found.delete(instance);
    this.#dueAt.delete(instance);
    this.#showSoon();
  }

  #showSoon(): void {
    this.#showing ??= setTimeout(
      () => {
        this.#showing = undefined;
        this.#shownAt = Date.now();
        this.#show(new Map(this.#found));
      },
      this.#shownAt + shownEveryMs - Date.now(),
    );
  }
}
