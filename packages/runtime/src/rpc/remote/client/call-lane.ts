import { EnvelopeWriter, type Refused } from "../../wire/envelope.ts";
import { marginBytes } from "../../wire/limits.ts";
import type { Msgpack } from "../../wire/msgpack.ts";
import type { Flushable, TickBatcher } from "../tick-batcher.ts";
import type { Conversation } from "./conversation.ts";
import type { PendingCall } from "./pending-call.ts";

/** Takes the messages that lanes have gathered. */
export interface LanePort {
  readonly msgpack: Msgpack;
  readonly batcher: TickBatcher;
  readonly maxPayloadBytes: number;
  /** `calls` has the call of each frame, and nothing for frames that only say something about one. */
  dispatch(lane: CallLane, message: EnvelopeWriter, calls: readonly (PendingCall | undefined)[]): void;
}

/** A message is made as large as the last one was, up to here. */
const largestHint = 8_192;

/** A message that takes no more frames, or is on its way to be. */
interface Gathering {
  readonly writer: EnvelopeWriter;
  readonly calls: (PendingCall | undefined)[];
}

/**
 * Gathers the frames that go to one subject in one tick. Full messages wait for the end of the tick as well: published one
 * by one, each would be a write to the socket of its own.
 */
export class CallLane implements Flushable {
  readonly subject: string;
  readonly conversation: Conversation<PendingCall>;
  readonly #port: LanePort;
  #full: Gathering[] = [];
  #current: Gathering | undefined;
  #sizeHint = 0;

  constructor(port: LanePort, subject: string, conversation: Conversation<PendingCall>) {
    this.#port = port;
    this.subject = subject;
    this.conversation = conversation;
  }

  /** Encodes the frame. Returns why it cannot travel where it cannot. */
  add(frame: readonly unknown[], call: PendingCall | undefined): Exclude<Refused, "full"> | undefined {
    let { writer, calls } = this.#open();
    let refused = writer.add(frame);
    if (refused === "full") {
      this.#next();
      ({ writer, calls } = this.#open());
      refused = writer.add(frame);
    }
    if (refused !== undefined) return refused as Exclude<Refused, "full">;
    calls.push(call);
    return undefined;
  }

  /** Returns why it cannot travel where it cannot: the broker may take less by now than when the frame was made. */
  addEncoded(frame: Buffer, call: PendingCall | undefined): Exclude<Refused, "full"> | undefined {
    let { writer, calls } = this.#open();
    let refused = writer.addEncoded(frame);
    if (refused === "full") {
      this.#next();
      ({ writer, calls } = this.#open());
      refused = writer.addEncoded(frame);
    }
    if (refused !== undefined) return refused as Exclude<Refused, "full">;
    calls.push(call);
    return undefined;
  }

  flush(): void {
    const messages = this.#full;
    if (this.#current) {
      this.#sizeHint = Math.min(this.#current.writer.length, largestHint);
      messages.push(this.#current);
    }
    this.#full = [];
    this.#current = undefined;
    for (const { writer, calls } of messages) if (calls.length > 0) this.#port.dispatch(this, writer, calls);
  }

  #open(): Gathering {
    if (this.#current) return this.#current;
    if (this.#full.length === 0) this.#port.batcher.add(this);
    const { msgpack, maxPayloadBytes } = this.#port;
    const { headBytes } = this.conversation;
    const writer = new EnvelopeWriter(msgpack, headBytes, maxPayloadBytes - marginBytes, this.#sizeHint || undefined);
    this.#current = { writer, calls: [] };
    return this.#current;
  }

  #next(): void {
    this.#full.push(this.#current!);
    this.#current = undefined;
  }
}
