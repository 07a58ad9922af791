import type { EnvelopeWriter } from "../../wire/envelope.ts";
import type { KeptAnswer } from "./kept-answers.ts";

/** What a call was answered, for as long as that is remembered. */
export interface Answered extends KeptAnswer {
  /** The frame, encoded. */
  answerTo(number: number): Buffer;
}

/** A message of answers, as it is gathered and as it is remembered. */
export class Answers implements Answered {
  readonly writer: EnvelopeWriter;
  /** Which call each frame is about. */
  readonly #numbers: number[] = [];

  constructor(writer: EnvelopeWriter) {
    this.writer = writer;
  }

  bytesOf(number: number): number {
    return this.writer.frameBytes(this.#numbers.lastIndexOf(number));
  }

  /** The frame that the writer took last is about that call. */
  took(number: number): void {
    this.#numbers.push(number);
  }

  /** The answer to a call, encoded. What was said of it before its answer stands before it. */
  answerTo(number: number): Buffer {
    return this.writer.frame(this.#numbers.lastIndexOf(number));
  }

  /** The same without its message, most of which may be progress. */
  alone(number: number): Answered {
    const shared = this.answerTo(number);
    // Not of the pool either: a slab of that is larger still.
    const frame = Buffer.allocUnsafeSlow(shared.length);
    shared.copy(frame);
    return { bytesOf: () => frame.length, answerTo: () => frame };
  }
}
