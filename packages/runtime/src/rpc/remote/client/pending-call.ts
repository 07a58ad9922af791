import type { Contract } from "@reeve/contract";
import type { Linked } from "../../../base/entry-list.ts";
import type { CallHost } from "../../call-host.ts";
import type { RoutedCall } from "../../caller/routed-call.ts";
import type { Member } from "../../membership.ts";
import type { Refused } from "../../wire/envelope.ts";
import { frameKind } from "../../wire/frame.ts";
import type { Conversation } from "./conversation.ts";
import { IncomingProgress } from "./incoming-progress.ts";
import { initial, published, settled } from "./remote-call.ts";
import type { EventName, RemoteState } from "./remote-call-state.ts";

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
  readonly conversation: Conversation<PendingCall>;
  lane(operation: string): FrameLane;
}

/** What a call needs of the client that sent it. */
export interface PendingPort {
  readonly linkDownSince: string | undefined;
  /** It has ended here. */
  forget(pending: PendingCall): void;
  happened(pending: PendingCall, event: EventName): void;
}

/** A call that another process is to answer, under one number. What becomes of it is decided in {@link RemoteState}'s table. */
export class PendingCall implements CallHost<RoutedCall>, Linked {
  readonly number: number;
  readonly call: RoutedCall;
  readonly target: Callee;
  readonly conversation: Conversation<PendingCall>;
  listPrevious: Linked | undefined = undefined;
  listNext: Linked | undefined = undefined;
  state: RemoteState = initial;
  /** The message it went with last; -1 before it was sent. */
  batch = -1;
  /** By the clock of this process. */
  sentAt = Number.NEGATIVE_INFINITY;
  /** How often it was decided when it is sent: an earlier decision counts for nothing. */
  ticket = 0;
  /** How many steps came before its answer, as its callee says. */
  steps: number | undefined = undefined;
  readonly #progress: IncomingProgress | undefined;
  readonly #port: PendingPort;

  constructor(port: PendingPort, call: RoutedCall, target: Callee) {
    this.#port = port;
    this.call = call;
    this.target = target;
    this.conversation = target.conversation;
    this.number = target.conversation.take();
    if (call.progress)
      this.#progress = new IncomingProgress(call.progress, (upTo) => this.tell(frameKind.credit, upTo));
  }

  /** Where its frames go. */
  get subject(): string {
    return this.target.lane(this.call.operation.name).subject;
  }

  get linkDownSince(): string | undefined {
    return this.#port.linkDownSince;
  }

  /** A frame of it may leave. */
  get queued(): boolean {
    return this.state.name === "queued";
  }

  get settled(): boolean {
    return this.state.name === "settled";
  }

  /** It has left: from here on it may run. What the deadline and a cancel say of it depends on this. */
  published(batch: number, sentAt: number): void {
    this.state = published(this.state);
    this.batch = batch;
    this.sentAt = sentAt;
    this.call.sent(this.target.key);
  }

  become(state: RemoteState): void {
    const undone = state.copies === 0 && this.state.copies !== 0;
    this.state = state;
    if (undone && !this.call.mayHaveRun) this.call.unsent();
  }

  abandoned(call: RoutedCall): void {
    // The callee's own deadline ends it there; only what it cannot know is told.
    this.#port.happened(this, call.abortReason?.reason === "DEADLINE_EXCEEDED" ? "deadline" : "cancel");
  }

  /** A link broke that steps may have been on. */
  linkBroke(): void {
    if (this.state.copies > 0) this.#progress?.broke();
  }

  resume(): void {
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

  tell(kind: number, ...rest: readonly number[]): void {
    this.target.lane(this.call.operation.name).add([kind, this.number, ...rest], undefined);
  }

  #settle(value: unknown): void {
    this.state = settled(this.state);
    this.#port.forget(this);
    this.call.succeed(value);
  }
}
