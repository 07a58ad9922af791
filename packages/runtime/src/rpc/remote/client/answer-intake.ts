import type { ReeveError } from "@reeve/contract";
import type { Logger } from "../../../telemetry/logger.ts";
import type { Message } from "../../../transport/transport.ts";
import { readEnvelope } from "../../wire/envelope.ts";
import { frameKind, wholeMessage } from "../../wire/frame.ts";
import type { Msgpack } from "../../wire/msgpack.ts";
import { errorFromWire } from "../../wire/wire-error.ts";
import type { Conversation } from "./conversation.ts";
import type { Conversations } from "./conversations.ts";
import type { PendingCall } from "./pending-call.ts";
import type { EventName } from "./remote-call-state.ts";

export interface AnswerIntakeOptions {
  readonly conversations: Pick<Conversations, "of">;
  readonly msgpack: Msgpack;
  readonly log: Logger;
  /** Something that is not its answer has come of it. */
  happened(pending: PendingCall, event: EventName, error?: ReeveError): void;
  /** Nobody listened where these went. */
  unheard(conversation: Conversation<PendingCall>, pendings: readonly PendingCall[]): void;
}

/** Hands what callees say to the calls that it is about. Nothing that a message holds makes it throw. */
export class AnswerIntake {
  readonly #options: AnswerIntakeOptions;

  constructor(options: AnswerIntakeOptions) {
    this.#options = options;
  }

  receive({ subject, data, noResponders }: Message): void {
    const { conversations, msgpack, log, unheard } = this.#options;
    const last = subject.lastIndexOf(".");
    // Numbers can be guessed, the subject cannot: what comes on it counts for this conversation's numbers only.
    const conversation = conversations.of(subject.slice(0, last));
    if (!conversation) return;
    if (noResponders) return unheard(conversation, conversation.ofBatch(batchOf(subject, last)));
    conversation.unheardSince = undefined;
    try {
      const { head, elements } = readEnvelope(msgpack, data);
      const incarnation = head[1];
      const { member } = conversation;
      if (member.incarnation !== undefined && typeof incarnation === "string" && incarnation !== member.incarnation)
        return this.#superseded(conversation, elements);
      for (let index = 1; index < elements.length; index++) this.#take(conversation, elements[index]!, subject, last);
    } catch (error) {
      log.warn({ err: error, subject }, "an answer could not be read");
    }
  }

  #take(conversation: Conversation<PendingCall>, frame: readonly unknown[], subject: string, last: number): void {
    const kind = frame[0];
    const number = frame[1];
    const third = frame[2];
    if (kind === frameKind.heartbeat) return this.#heartbeat(conversation, frame);
    if (kind === frameKind.error && number === wholeMessage) {
      const error = errorFromWire(third);
      for (const pending of conversation.ofBatch(batchOf(subject, last)))
        this.#options.happened(pending, "denied", error);
      return;
    }
    const pending = conversation.get(number as number);
    if (!pending) return;
    if (kind === frameKind.progress) {
      if (typeof third === "number") pending.progressed(third, frame[3], countOf(frame[4]));
      return;
    }
    pending.steps = countOf(frame[3]);
    if (kind === frameKind.ok) pending.succeed(third);
    else if (kind === frameKind.error) this.#failed(pending, errorFromWire(third));
  }

  #failed(pending: PendingCall, error: ReeveError): void {
    const { reason, outcome } = error;
    const unknown = outcome === "maybe-executed";
    // Its incarnation has ended in a process that goes on.
    if (unknown && reason === "PEER_LOST") this.#options.happened(pending, "gone", error);
    else this.#options.happened(pending, unknown && reason === "LINK_LOST" ? "forgotten" : "failed", error);
  }

  #heartbeat(conversation: Conversation<PendingCall>, frame: readonly unknown[]): void {
    for (let index = 1; index < frame.length; index++) {
      const number = frame[index] as number;
      const pending = conversation.get(number);
      if (pending) this.#options.happened(pending, "heartbeat");
      else conversation.cancelAgain(number);
    }
  }

  /** All that another incarnation can say of a call is that it is not the one. */
  #superseded(conversation: Conversation<PendingCall>, elements: readonly (readonly unknown[])[]): void {
    for (const [kind, number, error] of elements.slice(1)) {
      const pending = kind === frameKind.error ? conversation.get(number as number) : undefined;
      if (!pending) continue;
      const refusal = errorFromWire(error);
      if (refusal.reason === "PEER_LOST") this.#options.happened(pending, "superseded", refusal);
    }
  }
}

function batchOf(subject: string, last: number): number {
  return Number.parseInt(subject.slice(last + 1), 36);
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}
