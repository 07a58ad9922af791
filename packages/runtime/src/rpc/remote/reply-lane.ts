import { type ReeveError, reeveError } from "@reeve/contract";
import type { Transport } from "../../transport/transport.ts";
import { EnvelopeWriter, type Refused } from "../wire/envelope.ts";
import { frameKind } from "../wire/frame.ts";
import type { Msgpack } from "../wire/msgpack.ts";
import { errorToWire } from "../wire/wire-error.ts";
import type { Flushable, TickBatcher } from "./tick-batcher.ts";

export interface ReplyPort {
  readonly transport: Transport;
  readonly msgpack: Msgpack;
  readonly batcher: TickBatcher;
  /** The link broke, or refused it: the caller learns of it from its own end. */
  lost(subject: string, error: unknown): void;
}

/** Who wants to know whether an answer went as it was given. */
export interface AnswerWatch {
  /** This error goes in its place. */
  refused(error: ReeveError): void;
}

/** Bytes that a message takes beside its payload on the way to a limit of the broker's. */
const margin = 512;

/** Gathers what goes to one reply subject in one tick. */
export class ReplyLane implements Flushable {
  readonly subject: string;
  readonly #port: ReplyPort;
  readonly #head: Uint8Array;
  readonly #reply: string | undefined;
  #writer: EnvelopeWriter | undefined;

  /** @param reply where a notice comes when nobody listens at the subject any more */
  constructor(port: ReplyPort, subject: string, head: Uint8Array, reply?: string) {
    this.#port = port;
    this.subject = subject;
    this.#head = head;
    this.#reply = reply;
  }

  /** Returns the frame as it travels, or why it cannot. */
  add(frame: readonly unknown[]): Buffer | Exclude<Refused, "full"> {
    let refused = this.#open().add(frame);
    if (refused === "full") {
      this.flush();
      refused = this.#open().add(frame);
    }
    return (refused as Exclude<Refused, "full"> | undefined) ?? this.#writer!.frame(this.#writer!.frames - 1);
  }

  /** An answer. What cannot travel becomes an error that says so: the caller waits for something. */
  answer(frame: readonly unknown[], what: string, watch?: AnswerWatch): Buffer {
    const added = this.add(frame);
    if (Buffer.isBuffer(added)) return added;
    const { maxPayloadBytes: limitBytes } = this.#port.transport;
    const error =
      "bytes" in added
        ? reeveError(
            "PAYLOAD_TOO_LARGE",
            `${what}: its answer of ${added.bytes} bytes exceeds the transport's ${limitBytes}`,
            {
              outcome: "executed",
              data: { bytes: added.bytes, limitBytes },
            },
          )
        : reeveError("INVALID_OUTPUT", `${what}: its answer cannot be sent: ${added.problem}`);
    watch?.refused(error);
    return this.add([frameKind.error, frame[1], errorToWire(error)]) as Buffer;
  }

  addEncoded(frame: Buffer): void {
    if (this.#open().addEncoded(frame) !== "full") return;
    this.flush();
    this.#open().addEncoded(frame);
  }

  flush(): void {
    const writer = this.#writer;
    if (!writer) return;
    this.#writer = undefined;
    if (writer.frames === 0) return;
    const { transport, lost } = this.#port;
    try {
      transport.publish(this.subject, writer.finish(), this.#reply === undefined ? undefined : { reply: this.#reply });
    } catch (error) {
      lost.call(this.#port, this.subject, error);
    }
  }

  #open(): EnvelopeWriter {
    if (!this.#writer) {
      const { msgpack, transport, batcher } = this.#port;
      this.#writer = new EnvelopeWriter(msgpack, this.#head, transport.maxPayloadBytes - margin);
      batcher.add(this);
    }
    return this.#writer;
  }
}
