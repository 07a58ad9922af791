import type { ReeveError } from "@reeve/contract";
import type { Logger } from "../../../telemetry/logger.ts";
import type { Message } from "../../../transport/transport.ts";
import { readEnvelope } from "../../wire/envelope.ts";
import { frameKind, wholeMessage } from "../../wire/frame.ts";
import type { Msgpack } from "../../wire/msgpack.ts";
import { errorFromWire } from "../../wire/wire-error.ts";
import { GivenUpCalls } from "./given-up-calls.ts";
import type { PendingCall } from "./pending-call.ts";
import type { PendingCalls } from "./pending-calls.ts";

export interface AnswerIntakeOptions {
  readonly pending: Pick<PendingCalls, "get">;
  readonly msgpack: Msgpack;
  readonly log: Logger;
  /** Its callee answered with an error. */
  refused(pending: PendingCall, error: ReeveError): void;
  /** Nothing that the message with this number held was taken. */
  refusedMessage(batch: number, error: ReeveError): void;
  /** Nobody listened where that message went. */
  noResponders(batch: number): void;
}

/** Hands what callees say to the calls that it is about. Nothing that a message holds makes it throw. */
export class AnswerIntake {
  readonly givenUp = new GivenUpCalls();
  readonly #options: AnswerIntakeOptions;

  constructor(options: AnswerIntakeOptions) {
    this.#options = options;
  }

  receive({ subject, data, noResponders }: Message): void {
    const { msgpack, log } = this.#options;
    const batch = Number.parseInt(subject.slice(subject.lastIndexOf(".") + 1), 36);
    if (noResponders) return this.#options.noResponders(batch);
    try {
      const { head, elements } = readEnvelope(msgpack, data);
      // Heartbeats are of a process, and name no incarnation.
      const epoch = typeof head[1] === "number" && head[1] > 0 ? head[1] : undefined;
      for (let index = 1; index < elements.length; index++) this.#take(elements[index]!, epoch, batch);
    } catch (error) {
      log.warn({ err: error, subject }, "an answer could not be read");
    }
  }

  #take(frame: readonly unknown[], epoch: number | undefined, batch: number): void {
    const kind = frame[0];
    const id = frame[1];
    const third = frame[2];
    if (kind === frameKind.beat) return this.#beat(frame, epoch);
    if (kind === frameKind.error && id === wholeMessage)
      return this.#options.refusedMessage(batch, errorFromWire(third));
    const pending = this.#options.pending.get(id as number);
    if (!pending) return;
    pending.epoch = epoch ?? pending.epoch;
    if (kind === frameKind.progress) {
      if (typeof third === "number") pending.progressed(third, frame[3], countOf(frame[4]));
      return;
    }
    pending.steps = countOf(frame[3]);
    if (kind === frameKind.ok) pending.succeed(third);
    else if (kind === frameKind.error) this.#options.refused(pending, errorFromWire(third));
  }

  #beat(frame: readonly unknown[], epoch: number | undefined): void {
    for (let index = 1; index < frame.length; index++) {
      const id = frame[index] as number;
      const pending = this.#options.pending.get(id);
      if (pending) pending.runs(epoch);
      else this.givenUp.tellAgain(id);
    }
  }
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}
