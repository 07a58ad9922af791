import { IdTable } from "../../../base/id-table.ts";
import { type KeptAnswer, KeptAnswers, type KeptBounds } from "./kept-answers.ts";
import { SeenNumbers } from "./seen-numbers.ts";

/**
 * What becomes of a call that came:
 * - `run`: its number is consumed with this; it runs, or is refused
 * - `runs`: it came before, and has no answer yet
 * - `answered`: it came before; {@link Conversation.answerTo} has its answer
 * - `forgotten`: it may have come before, and nobody knows any more what became of it
 */
export type CallDecision = "run" | "runs" | "answered" | "forgotten";

/** What becomes of a cancel: there was nothing to cancel yet (and will not be), it cancels what runs, or it came too late. */
export type CancelDecision = "consumed" | "cancels" | "late";

export interface ConversationOptions<A extends KeptAnswer> {
  /** What a call gets that was cancelled before it came. */
  readonly cancelled: A;
  /** All numbers up to it were consumed by what has been forgotten. Default 0. */
  readonly highest?: number | undefined;
  readonly bounds?: KeptBounds | undefined;
  readonly maxIntervals?: number | undefined;
  /** Told by how many bytes its answers grew, or shrank. */
  grew?(bytes: number): void;
}

/**
 * The calls of one process to one incarnation, as the callee knows them. It decides what becomes of each frame and does nothing
 * about it: no clock, no link. The first frame of a number consumes it, for good; what it was answered may be forgotten, the number is not.
 */
export class Conversation<Run, A extends KeptAnswer> {
  readonly running = new IdTable<Run>();
  readonly #seen: SeenNumbers;
  readonly #kept: KeptAnswers<A>;
  readonly #cancelled: A;
  /** What the caller said last of what it has, by its own clock, and when that was. */
  #acknowledged: readonly number[] = [];
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor({ cancelled, highest, bounds, maxIntervals, grew }: ConversationOptions<A>) {
    this.#cancelled = cancelled;
    this.#seen = new SeenNumbers(highest, maxIntervals);
    this.#kept = new KeptAnswers(grew, bounds);
  }

  /** No higher number has been consumed: all that is left of a conversation that is forgotten. */
  get highest(): number {
    return this.#seen.highest;
  }

  /** Answers that it remembers. */
  get kept(): number {
    return this.#kept.size;
  }

  get intervals(): number {
    return this.#seen.intervals;
  }

  /**
   * The head of a message, before its frames.
   *
   * @param floor nothing lower is sent any more
   * @param acknowledged first and last of each range of numbers whose answers the caller has, ascending
   * @param saidAt by the caller's clock: a message that was long on its way knows less than those that came before it
   */
  heard(floor: number, acknowledged: readonly number[], saidAt: number): void {
    this.#seen.raise(floor);
    if (saidAt >= this.#saidAt) {
      this.#saidAt = saidAt;
      this.#acknowledged = acknowledged;
    }
    this.#kept.acknowledge(floor, this.#acknowledged);
  }

  /**
   * @param repeatable it does no harm to run it twice, until its caller has ended it: a copy that comes after that would undo what
   * the caller has done since
   */
  call(number: number, repeatable: boolean): CallDecision {
    // Nearly every one: nothing else has to be looked up.
    if (this.#seen.add(number)) return "run";
    if (this.running.has(number)) return "runs";
    if (this.#kept.get(number) !== undefined) return "answered";
    return repeatable && !this.#kept.isAcknowledged(number) ? "run" : "forgotten";
  }

  cancel(number: number): CancelDecision {
    if (this.#seen.add(number)) {
      this.#kept.keep(number, this.#cancelled);
      return "consumed";
    }
    return this.running.has(number) ? "cancels" : "late";
  }

  answerTo(number: number): A | undefined {
    return this.#kept.get(number);
  }

  began(number: number, run: Run): void {
    this.running.set(number, run);
  }

  /**
   * It is over here.
   *
   * @param answer none where nobody was told anything, or where it may simply run again
   */
  ended(number: number, answer?: A): void {
    this.running.delete(number);
    if (answer !== undefined) this.#kept.keep(number, answer);
  }

  /** Its answers are forgotten, its numbers are not. */
  forgetAnswers(): void {
    this.#kept.clear();
  }
}
