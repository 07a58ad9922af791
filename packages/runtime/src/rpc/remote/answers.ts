import type { EnvelopeWriter } from "../wire/envelope.ts";

/** A message of answers, as it is gathered and as it is remembered. */
export class Answers {
  readonly writer: EnvelopeWriter;
  /** Which call each frame is about. */
  readonly #ids: number[] = [];

  constructor(writer: EnvelopeWriter) {
    this.writer = writer;
  }

  /** The frame that the writer took last is about that call. */
  took(id: number): void {
    this.#ids.push(id);
  }

  /** The answer to a call, encoded. What was said of it before its answer stands before it. */
  answerTo(id: number): Buffer {
    return this.writer.frame(this.#ids.lastIndexOf(id));
  }
}
