import { IdTable } from "../../../base/id-table.ts";
import type { Answered } from "./answers.ts";

/** Answers in one half of the memory, at most. */
const maxAnswers = 8_192;
const maxBytes = 8_388_608;

/** The answer, that it is not here yet, or that nobody waits for it any more. */
type Answer = Answered | "running" | "given up";

/**
 * Which calls a peer has made lately and what they were answered: a network may deliver twice, and a call that comes again
 * must not run again. Two halves: when one is full the other is forgotten.
 */
export class AnswerMemory {
  #recent = new IdTable<Answer>();
  #older = new IdTable<Answer>();
  /** Where much runs, the next half is as much again: each turn looks at all that runs. */
  #most = maxAnswers;
  #bytes = 0;
  #olderBytes = 0;
  readonly #grew: (bytes: number) => void;

  /** @param grew told by how many bytes it grew, or shrank */
  constructor(grew: (bytes: number) => void = () => {}) {
    this.#grew = grew;
  }

  get(id: number): Answer | undefined {
    return this.#recent.get(id) ?? this.#older.get(id);
  }

  began(id: number): void {
    this.#recent.set(id, "running");
    if (this.#recent.size >= this.#most || this.#bytes >= maxBytes) this.#turn();
  }

  answered(id: number, answer: Answered): void {
    const half = this.#recent.has(id) ? this.#recent : this.#older;
    if (!half.has(id)) return;
    half.set(id, answer);
    if (half === this.#recent) this.#bytes += answer.bytes;
    else this.#olderBytes += answer.bytes;
    this.#grew(answer.bytes);
  }

  /** Its caller has ended it, or is gone: if it comes again it must not run, and its handler may go on for ever. */
  gaveUp(id: number): void {
    const half = this.#recent.has(id) ? this.#recent : this.#older;
    if (half.has(id)) half.set(id, "given up");
  }

  /** It was not run: it may come again. */
  forget(id: number): void {
    this.#recent.delete(id);
    this.#older.delete(id);
  }

  /** Forgets all answers; what runs is known on. */
  forgetAnswers(): void {
    this.#turn();
    this.#turn();
  }

  /** Forgets everything. */
  clear(): void {
    this.#recent.clear();
    this.#older.clear();
    this.#grew(-this.#bytes - this.#olderBytes);
    this.#bytes = 0;
    this.#olderBytes = 0;
  }

  #turn(): void {
    this.#grew(-this.#olderBytes);
    const forgotten = this.#older;
    // What still runs would run twice if it were forgotten; the mailbox bounds how much that is.
    const running: number[] = [];
    forgotten.forEach((answer, id) => {
      if (answer === "running") running.push(id);
    });
    forgotten.clear();
    this.#most = Math.max(maxAnswers, running.length * 2);
    for (const id of running) forgotten.set(id, "running");
    this.#older = this.#recent;
    this.#recent = forgotten;
    this.#olderBytes = this.#bytes;
    this.#bytes = 0;
  }
}
