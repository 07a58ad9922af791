import { callerHead, EnvelopeWriter, type Refused } from "../wire/envelope.ts";
import type { Msgpack } from "../wire/msgpack.ts";
import type { PendingCall } from "./pending-call.ts";
import type { Flushable, TickBatcher } from "./tick-batcher.ts";

/** Takes the messages that lanes have gathered. */
export interface LanePort {
  readonly msgpack: Msgpack;
  readonly batcher: TickBatcher;
  readonly maxPayloadBytes: number;
  /** `calls` has the call of each frame, and nothing for frames that only say something about one. */
  dispatch(lane: CallLane, message: EnvelopeWriter, calls: readonly (PendingCall | undefined)[]): void;
}

/** Bytes that a message takes beside its payload on the way to a limit of the broker's. */
const margin = 512;

/** Gathers the frames that go to one subject in one tick. */
export class CallLane implements Flushable {
  readonly subject: string;
  readonly #port: LanePort;
  #writer: EnvelopeWriter | undefined;
  #calls: (PendingCall | undefined)[] = [];
  #sizeHint = 0;

  constructor(port: LanePort, subject: string) {
    this.#port = port;
    this.subject = subject;
  }

  /** Encodes the frame. Returns why it cannot travel where it cannot. */
  add(frame: readonly unknown[], call: PendingCall | undefined): Exclude<Refused, "full"> | undefined {
    let refused = this.#open().add(frame);
    if (refused === "full") {
      this.flush();
      refused = this.#open().add(frame);
    }
    if (refused !== undefined) return refused as Exclude<Refused, "full">;
    this.#calls.push(call);
    return undefined;
  }

  addEncoded(frame: Buffer, call: PendingCall | undefined): void {
    if (this.#open().addEncoded(frame) === "full") {
      this.flush();
      this.#open().addEncoded(frame);
    }
    this.#calls.push(call);
  }

  flush(): void {
    const writer = this.#writer;
    if (!writer) return;
    const calls = this.#calls;
    this.#writer = undefined;
    this.#calls = [];
    this.#sizeHint = Math.min(writer.length, 4_096);
    if (calls.length > 0) this.#port.dispatch(this, writer, calls);
  }

  #open(): EnvelopeWriter {
    if (!this.#writer) {
      const { msgpack, maxPayloadBytes, batcher } = this.#port;
      this.#writer = new EnvelopeWriter(msgpack, callerHead, maxPayloadBytes - margin, this.#sizeHint || undefined);
      batcher.add(this);
    }
    return this.#writer;
  }
}
