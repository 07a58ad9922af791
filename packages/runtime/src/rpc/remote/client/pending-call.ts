import type { Contract, ReeveError } from "@reeve/contract";
import type { Linked } from "../../../base/entry-list.ts";
import type { CallHost } from "../../call-host.ts";
import type { RoutedCall } from "../../caller/routed-call.ts";
import type { Member } from "../../membership.ts";
import type { Refused } from "../../wire/envelope.ts";
import { frameKind } from "../../wire/frame.ts";
import { IncomingProgress } from "./incoming-progress.ts";

/** Where frames for one callee and operation go. */
export interface FrameLane {
  readonly subject: string;
  /** Returns why it cannot travel where it cannot. */
  add(frame: readonly unknown[], call: PendingCall | undefined): Exclude<Refused, "full"> | undefined;
}

/** Who is to answer. */
export interface Callee {
  readonly key: string;
  readonly address: string;
  readonly contract: Contract;
  readonly member: Member;
  /** What `placeOf` says of the member. */
  readonly place: string;
  lane(operation: string): FrameLane;
}

/** What a call needs of the client that sent it. */
export interface PendingPort {
  readonly linkDownSince: string | undefined;
  forget(pending: PendingCall): void;
  /** Nobody wants its answer any more; its callee was told, as far as that is known. */
  gaveUp(pending: PendingCall): void;
}

/** A call that another process is to answer. */
export class PendingCall implements CallHost<RoutedCall>, Linked {
  readonly id: number;
  readonly call: RoutedCall;
  readonly target: Callee;
  listPrevious: Linked | undefined = undefined;
  listNext: Linked | undefined = undefined;
  /** The message it went with last; -1 before it was sent. */
  batch = -1;
  /** It has ended, or somebody else has it: what still lies about of it here must not leave. */
  over = false;
  /** The incarnation that has it, once that has said so. */
  epoch: number | undefined = undefined;
  /** The store of that incarnation, where it is another one than its target's. */
  store: string | undefined = undefined;
  /** It was sent once, and nobody knows what became of it: what its caller is told unless somebody does answer. */
  doubt: ReeveError | undefined = undefined;
  /** Its callee is asked what became of it, and must not run it once more. */
  asking = false;
  /** It was sent, and a link broke after that: from then on only its callee can say what became of it. */
  broken = false;
  /** How many steps came before its answer, as its callee says. */
  steps: number | undefined = undefined;
  readonly #progress: IncomingProgress | undefined;
  readonly #port: PendingPort;

  constructor(port: PendingPort, id: number, call: RoutedCall, target: Callee) {
    this.#port = port;
    this.id = id;
    this.call = call;
    this.target = target;
    if (call.progress)
      this.#progress = new IncomingProgress(call.progress, (upTo) => this.#tell(frameKind.credit, upTo));
  }

  get mayHaveRun(): boolean {
    return this.sent || this.doubt !== undefined;
  }

  /** Where its frames go. */
  get subject(): string {
    return this.target.lane(this.call.operation.name).subject;
  }

  get linkDownSince(): string | undefined {
    return this.#port.linkDownSince;
  }

  get sent(): boolean {
    return this.batch >= 0;
  }

  /** It has left: from here on it may run. What the deadline and a cancel say of it depends on this. */
  markSent(batch: number): void {
    this.batch = batch;
    this.call.sent(this.target.key);
  }

  /** It is known not to run there, as far as it was sent last. */
  markUnsent(): void {
    this.batch = -1;
    if (!this.doubt) this.call.unsent();
  }

  abandoned(call: RoutedCall): void {
    this.#port.forget(this);
    // The callee's own deadline ends it there; only what it cannot know is told.
    if (!this.mayHaveRun || call.abortReason?.reason === "DEADLINE_EXCEEDED") return;
    this.#port.gaveUp(this);
    this.#tell(frameKind.cancel);
  }

  /** A link broke after it was sent. @param doubt what its caller is told unless somebody answers */
  broke(doubt: ReeveError): void {
    this.broken = true;
    this.doubt ??= doubt;
    this.#progress?.broke();
  }

  /** Its callee says that it runs. */
  runs(epoch: number | undefined): void {
    this.epoch = epoch ?? this.epoch;
    this.#progress?.resume();
  }

  progressed(number: number, value: unknown, missed: number | undefined): void {
    if (!this.call.settled) this.#progress?.step(number, value, missed);
  }

  /** No step of it comes any more. */
  endProgress(): void {
    this.#progress?.end(this.steps);
  }

  succeed(value: unknown): void {
    if (!this.#progress) return this.#settle(value);
    // An answer that says how many steps there were has a place for a value that there is not.
    const answer = this.call.operation.output === undefined ? undefined : value;
    this.#progress.finish(() => this.#settle(answer), this.steps);
  }

  #settle(value: unknown): void {
    this.#port.forget(this);
    this.call.succeed(value);
  }

  #tell(kind: number, ...rest: readonly number[]): void {
    this.target.lane(this.call.operation.name).add([kind, this.id, ...rest], undefined);
  }
}
