import type { ReeveError } from "@reeve/contract";
import type { CompiledOperation } from "@reeve/contract/internal";
import { Call } from "../../call.ts";
import type { CallRouter, SettlePort } from "../../call-router.ts";
import type { Served } from "../../callee/served.ts";
import type { Binding } from "../../caller/routed-call.ts";
import { frameKind } from "../../wire/frame.ts";
import { errorToWire } from "../../wire/wire-error.ts";
import { unsendableOutput } from "../unsendable.ts";
import type { OperationTally } from "./operation-tally.ts";
import { OutgoingProgress } from "./outgoing-progress.ts";
import type { Peer, PeerCall } from "./peer.ts";
import type { AnswerWatch, ReplyLane } from "./reply-lane.ts";

/** Where a call came in, and where its answer goes. */
export interface IncomingPort {
  readonly router: CallRouter;
  readonly peer: Peer;
  readonly lane: ReplyLane;
  readonly entry: { readonly tally: OperationTally | undefined };
  readonly receivedAt: number;
  /** The call is over. */
  ended(): void;
}

/** A call of another process while it is here, and what tells that one how it has ended: once, over the wire. */
export class IncomingCall implements SettlePort, PeerCall, AnswerWatch {
  readonly id: number;
  readonly call: Call;
  beatAt: number;
  readonly #port: IncomingPort;
  #answered = false;
  #failure: ReeveError | undefined = undefined;
  #outgoing: OutgoingProgress | undefined = undefined;

  constructor(port: IncomingPort, id: number, served: Served, binding: Binding, input: unknown, timeoutMs: number) {
    this.id = id;
    this.beatAt = port.receivedAt;
    this.#port = port;
    this.call = new Call(port.router, served, binding, input, timeoutMs, this);
    if (served.operation.kind === "stream") this.call.progress = this.#openProgress();
  }

  get operation(): CompiledOperation {
    return this.call.operation;
  }

  get receivedAt(): number {
    return this.#port.receivedAt;
  }

  allow(upTo: number): void {
    this.#outgoing?.allow(upTo);
  }

  /** Its caller has cancelled it or is gone: it is told nothing more. What a key is kept for goes on. */
  abandon(reason: ReeveError): void {
    this.#answered = true;
    this.#failure = reason;
    this.#port.peer.answers.gaveUp(this.id);
    this.call.depart(reason);
    this.#end();
  }

  refused(error: ReeveError): void {
    this.#failure = error;
  }

  resolve(value: unknown): void {
    const told = this.#outgoing && (value !== undefined || this.operation.output === undefined);
    if (told) this.#answer([frameKind.ok, this.id, value ?? null, this.#outgoing!.count]);
    else this.#answer(value === undefined ? [frameKind.ok, this.id] : [frameKind.ok, this.id, value]);
  }

  reject(error: ReeveError): void {
    // It did not run: the same call may come again, and may run then.
    const ran = error.outcome !== "not-executed" && error.outcome !== "never-sent";
    this.#failure = error;
    const frame = [frameKind.error, this.id, errorToWire(error)];
    this.#answer(this.#outgoing ? [...frame, this.#outgoing.count] : frame, ran);
  }

  #answer(frame: readonly unknown[], remember = true): void {
    if (this.#answered) return this.#end();
    this.#answered = true;
    const { lane, peer } = this.#port;
    const answers = lane.answer(this.id, frame, this.operation.name, this);
    if (remember) peer.answers.answered(this.id, this.#outgoing ? answers.alone(this.id) : answers);
    else peer.answers.forget(this.id);
    this.#end();
  }

  #openProgress(): OutgoingProgress {
    this.#outgoing = new OutgoingProgress((number, value, missed) => {
      const { lane } = this.#port;
      const frame = [frameKind.progress, this.id, number, value];
      const refused = lane.add(this.id, missed > 0 ? [...frame, missed] : frame);
      if (refused !== undefined) {
        throw unsendableOutput(`${this.operation.name}: its step ${number}`, refused, lane.maxPayloadBytes);
      }
    });
    return this.#outgoing;
  }

  #end(): void {
    this.#outgoing?.release();
    const { peer, entry } = this.#port;
    if (peer.running.get(this.id) !== this) return;
    entry.tally?.ended(this.receivedAt, this.#failure);
    peer.running.delete(this.id);
    this.#port.ended();
  }
}
