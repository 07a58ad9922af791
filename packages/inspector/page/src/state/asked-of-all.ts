import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Asked } from "./asked.ts";
import { fleet, link } from "./page.ts";

/** Hosts that are asked at a time: few of the answers that one page may wait for. */
const hostsAtOnce = 6;
/** Answers of a large fleet are shown together. */
const shownEveryMs = 300;
const everyMs = 2_000;
/** Hosts that nobody has asked yet are not kept waiting. */
const soonMs = 200;

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
 * Asks every host that is current the same, one round after the other while somebody looks at it: a few hosts at a time, however
 * many there are, and never in two rounds at once.
 *
 * @param questions the same in each rendering; or where they differ by host or time, what they are whenever a host is asked
 */
export function useAskedOfAll(questions: readonly Question[] | QuestionsOf): {
  readonly asked: Signal<AskedHosts>;
  readonly again: () => void;
} {
  const asked = useSignal<AskedHosts>(new Map());
  const rounds = useRef<Rounds | undefined>(undefined);
  useEffect(() => {
    const questionsOf = typeof questions === "function" ? questions : () => questions;
    const begun = new Rounds(questionsOf, (found) => {
      asked.value = found;
    });
    rounds.current = begun;
    begun.again();
    return () => begun.end();
  }, []);
  return { asked, again: () => rounds.current?.again() };
}

class Rounds {
  readonly #questionsOf: QuestionsOf;
  readonly #show: (found: AskedHosts) => void;
  readonly #found = new Map<string, AskedHost>();
  #running = false;
  /** Something was done since the round that runs has begun. */
  #wanted = false;
  #ended = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(questionsOf: QuestionsOf, show: (found: AskedHosts) => void) {
    this.#questionsOf = questionsOf;
    this.#show = show;
  }

  /** Begins a round at once, or after the one that runs. */
  again(): void {
    this.#wanted = true;
    if (!this.#running) void this.#round();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  async #round(): Promise<void> {
    clearTimeout(this.#timer);
    [this.#running, this.#wanted] = [true, false];
    const waiting = currentHosts();
    for (const instance of this.#found.keys()) if (!waiting.includes(instance)) this.#found.delete(instance);
    const next = waiting.values();
    let shownAt = Date.now();
    const askNext = async (): Promise<void> => {
      for (const instance of next) {
        if (this.#ended) return;
        this.#found.set(instance, await this.#ask(instance));
        if (Date.now() - shownAt <= shownEveryMs) continue;
        this.#tell();
        shownAt = Date.now();
      }
    };
    await Promise.all(Array.from({ length: hostsAtOnce }, askNext));
    this.#running = false;
    if (this.#ended) return;
    this.#tell();
    if (this.#wanted) return void this.#round();
    const unasked = waiting.length === 0 || currentHosts().some((instance) => !this.#found.has(instance));
    this.#timer = setTimeout(() => void this.#round(), unasked ? soonMs : everyMs);
  }

  async #ask(instance: string): Promise<AskedHost> {
    try {
      const asked = this.#questionsOf(instance).map((question) => link.ask({ type: "call", instance, ...question }));
      return { answer: await Promise.all(asked), refusal: undefined };
    } catch (error) {
      return { answer: this.#found.get(instance)?.answer, refusal: (error as Error).message };
    }
  }

  #tell(): void {
    if (!this.#ended) this.#show(new Map(this.#found));
  }
}

function currentHosts(): readonly string[] {
  return fleet.hosts.filter(({ hearing }) => hearing.is === "current").map(({ instance }) => instance);
}
