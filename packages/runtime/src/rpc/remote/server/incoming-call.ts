import type { ReeveError } from "@reeve/contract";
import { Call } from "../../call.ts";
import type { CallRouter, SettlePort } from "../../call-router.ts";
import type { Served } from "../../callee/served.ts";
import type { Binding } from "../../caller/routed-call.ts";
import { frameKind } from "../../wire/frame.ts";
import { errorToWire } from "../../wire/wire-error.ts";
import { unsendableOutput } from "../unsendable.ts";
import type { Answered } from "./answers.ts";
import type { Conversation } from "./conversation.ts";
import type { Endpoint, Entry } from "./endpoint.ts";
import { OutgoingProgress } from "./outgoing-progress.ts";
import type { AnswerWatch, ReplyLane } from "./reply-lane.ts";

/** Where a call came in, and where its answer goes: what it shares with the others of its message. */
export interface IncomingPort {
  readonly router: CallRouter;
  readonly conversation: { readonly calls: Pick<Conversation<IncomingCall, Answered>, "ended"> };
  readonly lane: ReplyLane;
  readonly endpoint: Endpoint;
  readonly entry: Entry;
  readonly receivedAt: number;
}

/** A call of another process while it is here: it is answered once, over the wire. */
export class IncomingCall implements SettlePort, AnswerWatch {
  readonly number: number;
  readonly call: Call;
  /** When its caller was told last that it still runs; at first when it came. */
  heartbeatAt: number;
  readonly #port: IncomingPort;
  #answered = false;
  #failure: ReeveError | undefined = undefined;
  #outgoing: OutgoingProgress | undefined = undefined;

  constructor(port: IncomingPort, number: number, served: Served, binding: Binding, input: unknown, timeoutMs: number) {
    this.number = number;
    this.heartbeatAt = port.receivedAt;
    this.#port = port;
    this.call = new Call(
      port.router,
      served,
      binding,
      input,
      timeoutMs,
      (value) => this.resolve(value),
      (error) => this.reject(error),
    );
    if (served.operation.kind === "stream") this.call.progress = this.#openProgress();
  }

  get receivedAt(): number {
    return this.#port.receivedAt;
  }

  get endpoint(): Endpoint {
    return this.#port.endpoint;
  }

  /** Its reader has room for the steps below this number. */
  allow(upTo: number): void {
    this.#outgoing?.allow(upTo);
  }

  /** Its caller has cancelled it or is gone: it is told nothing more. What a key is kept for goes on. */
  abandon(reason: ReeveError): void {
    this.#answered = true;
    this.#failure = reason;
    this.call.depart(reason);
    this.#end();
  }

  refused(error: ReeveError): void {
    this.#failure = error;
  }

  resolve(value: unknown): void {
    const told = this.#outgoing && (value !== undefined || this.call.operation.output === undefined);
    if (told) this.#answer([frameKind.ok, this.number, value ?? null, this.#outgoing!.count]);
    else this.#answer(value === undefined ? [frameKind.ok, this.number] : [frameKind.ok, this.number, value]);
  }

  reject(error: ReeveError): void {
    this.#failure = error;
    const frame = [frameKind.error, this.number, errorToWire(error)];
    this.#answer(this.#outgoing ? [...frame, this.#outgoing.count] : frame);
  }

  #answer(frame: readonly unknown[]): void {
    if (this.#answered) return;
    this.#answered = true;
    const { lane, entry } = this.#port;
    const answers = lane.answer(this.number, frame, entry.operation, this);
    // One that may run twice is not worth remembering.
    const kept = this.call.operation.idempotent ? undefined : this.#outgoing ? answers.alone(this.number) : answers;
    this.#end(kept);
  }

  #openProgress(): OutgoingProgress {
    this.#outgoing = new OutgoingProgress((step, value, missed) => {
      const { lane, entry } = this.#port;
      const frame = [frameKind.progress, this.number, step, value];
      const refused = lane.add(this.number, missed > 0 ? [...frame, missed] : frame);
      if (refused !== undefined) {
        throw unsendableOutput(`${entry.operation}: its step ${step}`, refused, lane.maxPayloadBytes);
      }
    });
    return this.#outgoing;
  }

  #end(kept?: Answered): void {
    this.#outgoing?.release();
    const { conversation, entry, endpoint } = this.#port;
    conversation.calls.ended(this.number, kept);
    entry.tally?.ended(this.receivedAt, this.#failure);
    endpoint.ended();
  }
}
