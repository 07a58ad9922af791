import type { ReeveError } from "@reeve/contract";
import type { Transport } from "../../../transport/transport.ts";
import { EnvelopeWriter, type Refused } from "../../wire/envelope.ts";
import { frameKind } from "../../wire/frame.ts";
import { marginBytes } from "../../wire/limits.ts";
import type { Msgpack } from "../../wire/msgpack.ts";
import { errorToWire } from "../../wire/wire-error.ts";
import type { Flushable, TickBatcher } from "../tick-batcher.ts";
import { unsendableOutput } from "../unsendable.ts";
import { Answers } from "./answers.ts";

export interface ReplyPort {
  readonly transport: Transport;
  readonly msgpack: Msgpack;
  readonly batcher: TickBatcher;
  /** The link broke, or refused it: the caller learns of it from its own end. */
  readonly lost: (subject: string, error: unknown) => void;
}

/** Who wants to know whether an answer went as it was given. */
export interface AnswerWatch {
  /** This error goes in its place. */
  refused(error: ReeveError): void;
}

/** Gathers what goes to one reply subject in one tick. */
export class ReplyLane implements Flushable {
  readonly subject: string;
  readonly #port: ReplyPort;
  readonly #head: Uint8Array;
  readonly #reply: string | undefined;
  #answers: Answers | undefined;

  /** @param reply where a notice comes when nobody listens at the subject any more */
  constructor(port: ReplyPort, subject: string, head: Uint8Array, reply?: string) {
    this.#port = port;
    this.subject = subject;
    this.#head = head;
    this.#reply = reply;
  }

  get maxPayloadBytes(): number {
    return this.#port.transport.maxPayloadBytes;
  }

  /** Returns why a frame about that call cannot travel where it cannot. */
  add(number: number, frame: readonly unknown[]): Exclude<Refused, "full"> | undefined {
    let answers = this.#open();
    let refused = answers.writer.add(frame);
    if (refused === "full") {
      this.flush();
      answers = this.#open();
      refused = answers.writer.add(frame);
    }
    if (refused !== undefined) return refused as Exclude<Refused, "full">;
    answers.took(number);
    return undefined;
  }

  /**
   * An answer. What cannot travel becomes an error that says so: the caller waits for something.
   *
   * @returns the message that it is in
   */
  answer(number: number, frame: readonly unknown[], operation: string, watch?: AnswerWatch): Answers {
    const refused = this.add(number, frame);
    if (refused !== undefined) {
      const error = this.#instead(frame, operation, refused);
      watch?.refused(error);
      this.add(number, [frameKind.error, number, errorToWire(error)]);
    }
    return this.#answers!;
  }

  /** An answer that was given before. The broker may take less by now than it took then. */
  repeat(number: number, frame: Buffer, operation: string): void {
    let answers = this.#open();
    let refused = answers.writer.addEncoded(frame);
    if (refused === "full") {
      this.flush();
      answers = this.#open();
      refused = answers.writer.addEncoded(frame);
    }
    if (refused === undefined) return answers.took(number);
    const error = unsendableOutput(
      `${operation}: its answer`,
      refused as Exclude<Refused, "full">,
      this.maxPayloadBytes,
    );
    this.add(number, [frameKind.error, number, errorToWire(error)]);
  }

  flush(): void {
    if (!this.#answers) return;
    const answers = this.#answers;
    const { writer } = answers;
    this.#answers = undefined;
    if (writer.frames === 0) return;
    const { transport, lost } = this.#port;
    try {
      transport.publish(
        this.subject,
        writer.finish(this.#head),
        this.#reply === undefined ? undefined : { reply: this.#reply },
      );
    } catch (error) {
      lost(this.subject, error);
    }
    answers.sent();
  }

  #open(): Answers {
    if (!this.#answers) {
      const { msgpack, transport, batcher } = this.#port;
      this.#answers = new Answers(
        new EnvelopeWriter(msgpack, this.#head.length, transport.maxPayloadBytes - marginBytes),
      );
      batcher.add(this);
    }
    return this.#answers;
  }

  /** What goes in the place of an error says as much of what was done. */
  #instead([kind, , third]: readonly unknown[], operation: string, refused: Exclude<Refused, "full">): ReeveError {
    if (kind !== frameKind.error) return unsendableOutput(`${operation}: its answer`, refused, this.maxPayloadBytes);
    const { reason, outcome } = third as ReeveError;
    return unsendableOutput(`${operation}: its error ${reason}`, refused, this.maxPayloadBytes, outcome);
  }
}
