/** Answers in one half of the memory, at most. */
const maxAnswers = 8_192;
const maxBytes = 8_388_608;

/** The answer's frame, or that it is not here yet. */
type Answer = Buffer | "running";

/**
 * Which calls a peer has made lately and what they were answered: a network may deliver twice, and a call that comes again
 * must not run again. Two halves: when one is full the other is forgotten.
 */
export class AnswerMemory {
  #recent = new Map<number, Answer>();
  #older = new Map<number, Answer>();
  #bytes = 0;

  get(id: number): Answer | undefined {
    return this.#recent.get(id) ?? this.#older.get(id);
  }

  began(id: number): void {
    this.#recent.set(id, "running");
    if (this.#recent.size >= maxAnswers || this.#bytes >= maxBytes) this.#turn();
  }

  answered(id: number, frame: Buffer): void {
    const half = this.#recent.has(id) ? this.#recent : this.#older;
    if (!half.has(id)) return;
    half.set(id, frame);
    this.#bytes += frame.length;
  }

  /** It was not run: it may come again. */
  forget(id: number): void {
    this.#recent.delete(id);
    this.#older.delete(id);
  }

  #turn(): void {
    const older = this.#older;
    this.#older = this.#recent;
    this.#recent = new Map();
    this.#bytes = 0;
    // What still runs would run twice if it were forgotten; the mailbox bounds how much that is.
    for (const [id, answer] of older) if (answer === "running") this.#recent.set(id, answer);
  }
}
