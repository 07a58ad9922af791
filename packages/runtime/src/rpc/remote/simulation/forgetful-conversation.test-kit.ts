import type { CallDecision, CancelDecision } from "../server/conversation.ts";

/** What a conversation is to the model of a callee. */
export interface ModelConversation<Run, A> {
  readonly running: { get(number: number): Run | undefined; readonly size: number };
  readonly kept: number;
  readonly intervals: number;
  heard(floor: number, acknowledged: readonly number[], saidAt: number): void;
  call(number: number, repeatable: boolean): CallDecision;
  cancel(number: number): CancelDecision;
  answerTo(number: number): A | undefined;
  began(number: number, run: Run): void;
  ended(number: number, answer?: A): void;
}

/** A conversation that knows a number only for as long as it knows its answer. */
export class ForgetfulConversation<Run, A> implements ModelConversation<Run, A> {
  readonly running = new Map<number, Run>();
  readonly #answers = new Map<number, A>();
  readonly #cancelled: A;
  readonly #most: number;

  constructor(cancelled: A, most: number) {
    this.#cancelled = cancelled;
    this.#most = most;
  }

  get kept(): number {
    return this.#answers.size;
  }

  get intervals(): number {
    return 0;
  }

  heard(): void {}

  call(number: number): CallDecision {
    if (this.running.has(number)) return "runs";
    if (this.#answers.has(number)) return "answered";
    return "run";
  }

  cancel(number: number): CancelDecision {
    if (this.running.has(number)) return "cancels";
    if (this.#answers.has(number)) return "late";
    this.#keep(number, this.#cancelled);
    return "consumed";
  }

  answerTo(number: number): A | undefined {
    return this.#answers.get(number);
  }

  began(number: number, run: Run): void {
    this.running.set(number, run);
  }

  ended(number: number, answer?: A): void {
    this.running.delete(number);
    if (answer !== undefined) this.#keep(number, answer);
  }

  #keep(number: number, answer: A): void {
    this.#answers.set(number, answer);
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= this.#most) return;
      this.#answers.delete(oldest);
    }
  }
}
