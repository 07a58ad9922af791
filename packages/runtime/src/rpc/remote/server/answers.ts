import type { EnvelopeWriter } from "../../wire/envelope.ts";
import type { KeptAnswer } from "./kept-answers.ts";

/** What a call was answered, for as long as that is remembered. */
export interface Answered extends KeptAnswer {
  /** The frame, encoded. */
  answerTo(number: number): Buffer;
}

/** What an answer takes beside its frame: its share of a message, and its places in tables. */
const overheadBytes = 1_000;
/** A message that is no larger may be held by an answer that is a small part of it. */
const smallMessage = 4_096;

/** A message of answers, as it is gathered and as it is remembered: all of it, until none of its answers is. */
export class Answers implements Answered {
  #writer: EnvelopeWriter | undefined;
  /** What is left of it by call, where that is a small part. */
  #frames: ReadonlyMap<number, Buffer> | undefined;
  /** Which call each frame is about. */
  readonly #numbers: number[] = [];
  /** Those that were to be remembered. */
  readonly #kept: number[] = [];
  #held = 0;
  #bytes = 0;

  constructor(writer: EnvelopeWriter) {
    this.#writer = writer;
  }

  /** Until it was sent. */
  get writer(): EnvelopeWriter {
    return this.#writer!;
  }

  /** The frame that the writer took last is about that call. */
  took(number: number): void {
    this.#numbers.push(number);
  }

  kept(number: number): number {
    const bytes = overheadBytes + this.writer.frameBytes(this.#numbers.lastIndexOf(number));
    this.#kept.push(number);
    this.#held++;
    this.#bytes += bytes;
    return bytes;
  }

  dropped(): number {
    if (--this.#held > 0) return 0;
    const bytes = this.#bytes;
    this.#bytes = 0;
    return bytes;
  }

  /** The answer to a call, encoded. What was said of it before its answer stands before it. */
  answerTo(number: number): Buffer {
    return this.#frames?.get(number) ?? this.writer.frame(this.#numbers.lastIndexOf(number));
  }

  /** The message was sent. Where most of it is not to be remembered, the rest is remembered without it. */
  sent(): void {
    const { length } = this.writer;
    if (this.#held === 0 || length <= smallMessage || 2 * (this.#bytes - this.#held * overheadBytes) >= length) return;
    this.#frames = new Map(this.#kept.map((number) => [number, copyOf(this.answerTo(number))]));
    this.#writer = undefined;
  }

  /** The same without its message, most of which may be progress. */
  alone(number: number): Answered {
    const frame = copyOf(this.answerTo(number));
    const bytes = overheadBytes + frame.length;
    return { kept: () => bytes, dropped: () => bytes, answerTo: () => frame };
  }
}

/** Not of the pool: a slab of that is larger than most messages. */
function copyOf(shared: Buffer): Buffer {
  const frame = Buffer.allocUnsafeSlow(shared.length);
  shared.copy(frame);
  return frame;
}
