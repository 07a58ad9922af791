import type { ReeveError } from "@reeve/contract";
import type { Call } from "../call.ts";
import { frameKind } from "../wire/frame.ts";
import { errorToWire } from "../wire/wire-error.ts";
import type { OperationTally } from "./operation-tally.ts";
import { OutgoingProgress } from "./outgoing-progress.ts";
import type { Peer, RunningCall } from "./peer.ts";
import type { AnswerWatch, ReplyLane } from "./reply-lane.ts";

/** A call of another process while it is here: how it is answered, once. */
export class IncomingCall implements RunningCall, AnswerWatch {
  readonly id: number;
  readonly peer: Peer;
  readonly receivedAt: number;
  beatAt: number;
  call!: Call;
  readonly #lane: ReplyLane;
  readonly #tally: OperationTally;
  readonly #onEnd: () => void;
  #answered = false;
  #failure: ReeveError | undefined;
  #progress: OutgoingProgress | undefined;

  /** @param onEnd the call is over */
  constructor(id: number, peer: Peer, lane: ReplyLane, receivedAt: number, tally: OperationTally, onEnd: () => void) {
    this.id = id;
    this.peer = peer;
    this.receivedAt = receivedAt;
    this.beatAt = receivedAt;
    this.#lane = lane;
    this.#tally = tally;
    this.#onEnd = onEnd;
  }

  /** A handle for the handler's progress. */
  openProgress(): OutgoingProgress {
    this.#progress = new OutgoingProgress((number, value) => this.#step(number, value));
    return this.#progress;
  }

  allow(upTo: number): void {
    this.#progress?.allow(upTo);
  }

  succeed(value: unknown): void {
    this.#answer(value === undefined ? [frameKind.ok, this.id] : [frameKind.ok, this.id, value]);
  }

  fail(error: ReeveError): void {
    // It did not run: the same call may come again, and may run then.
    const ran = error.outcome !== "not-executed" && error.outcome !== "never-sent";
    this.#failure = error;
    this.#answer([frameKind.error, this.id, errorToWire(error)], ran);
  }

  abandon(reason: ReeveError): void {
    this.#answered = true;
    this.#failure = reason;
    this.call.abort(reason);
    this.#end();
  }

  refused(error: ReeveError): void {
    this.#failure = error;
  }

  #answer(frame: readonly unknown[], remember = true): void {
    if (this.#answered) return this.#end();
    this.#answered = true;
    const encoded = this.#lane.answer(frame, this.call.operation.name, this);
    if (remember) this.peer.answers.answered(this.id, encoded);
    else this.peer.answers.forget(this.id);
    this.#end();
  }

  #step(number: number, value: unknown): void {
    const added = this.#lane.add([frameKind.progress, this.id, number, value]);
    if (!Buffer.isBuffer(added)) throw new TypeError(`progress cannot be sent: ${JSON.stringify(added)}`);
  }

  #end(): void {
    this.#progress?.release();
    if (this.peer.running.get(this.id) !== this) return;
    this.#tally.ended(this.receivedAt, this.#failure);
    this.peer.running.delete(this.id);
    this.#onEnd();
  }
}
