import type { EnvelopeWriter } from "../../wire/envelope.ts";

/** What a call was answered, for as long as that is remembered. */
export interface Answered {
  /** What it takes to remember it. */
  readonly bytes: number;
  /** Encoded. */
  answerTo(id: number): Buffer;
}

/** A message of answers, as it is gathered and as it is remembered. */
export class Answers implements Answered {
  readonly writer: EnvelopeWriter;
  /** Which call each frame is about. */
  readonly #ids: number[] = [];

  constructor(writer: EnvelopeWriter) {
    this.writer = writer;
  }

  get bytes(): number {
    return this.writer.lastBytes;
  }

  /** The frame that the writer took last is about that call. */
  took(id: number): void {
    this.#ids.push(id);
  }

  /** The answer to a call, encoded. What was said of it before its answer stands before it. */
  answerTo(id: number): Buffer {
    return this.writer.frame(this.#ids.lastIndexOf(id));
  }

  /** The same without its message, most of which may be progress. */
  alone(id: number): Answered {
    const shared = this.answerTo(id);
    // Not of the pool either: a slab of that is larger still.
    const frame = Buffer.allocUnsafeSlow(shared.length);
    shared.copy(frame);
    return { bytes: frame.length, answerTo: () => frame };
  }
}
