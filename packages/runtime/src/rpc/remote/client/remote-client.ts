import { reeveError } from "@reeve/contract";
import type { Clock } from "../../../base/clock.ts";
import type { Ids } from "../../../base/ids.ts";
import type { Logger } from "../../../telemetry/logger.ts";
import type { Transport } from "../../../transport/transport.ts";
import type { RoutedCall } from "../../caller/routed-call.ts";
import type { Member, Membership } from "../../membership.ts";
import { Msgpack } from "../../wire/msgpack.ts";
import { unsendable } from "../unsendable.ts";
import { AnswerIntake } from "./answer-intake.ts";
import { CallActions } from "./call-actions.ts";
import { isSentByKey } from "./call-facts.ts";
import { callFrame } from "./call-frame.ts";
import { CallLane } from "./call-lane.ts";
import type { Conversation } from "./conversation.ts";
import { Conversations } from "./conversations.ts";
import { DeniedSends } from "./denied-sends.ts";
import { ListenerProbe } from "./listener-probe.ts";
import { Outgoing } from "./outgoing.ts";
import { PendingCall, type PendingPort } from "./pending-call.ts";
import { placeOf } from "./place.ts";
import type { EventName } from "./remote-call-state.ts";
import type { RemoteTarget, TargetPort } from "./remote-target.ts";
import { RetryBudget } from "./retry-budget.ts";

export interface RemoteClientOptions {
  readonly transport: Transport;
  /** First token of every subject. */
  readonly namespace: string;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}

/**
 * The calls of this process that others answer: a conversation with each called incarnation, one subscription for the
 * answers, and one message per subject and tick.
 */
export class RemoteClient implements TargetPort, PendingPort {
  readonly namespace: string;
  readonly caller: string;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #budget: RetryBudget;
  readonly #conversations: Conversations;
  readonly #outgoing: Outgoing;
  readonly #actions: CallActions;
  readonly #listeners: ListenerProbe;
  readonly #closers: (() => void)[];
  /** By the clock on the wall, while there is no link. */
  #linkDownAt: number | undefined;

  constructor({ transport, namespace, membership, clock, ids, log }: RemoteClientOptions) {
    this.namespace = namespace;
    this.caller = transport.caller;
    this.#linkDownAt = transport.connected ? undefined : clock.wallNow();
    this.#clock = clock;
    this.#ids = ids;
    this.#budget = new RetryBudget(clock);
    this.#conversations = new Conversations(transport.inbox);
    const msgpack = new Msgpack();
    // Not `>`: of two subscriptions of a connection that match, a broker tells one of no-responders.
    const replies = `${transport.inbox}.*.*`;
    const actions = new CallActions({
      ...{ clock, membership, budget: this.#budget },
      enqueue: (pending) => this.#enqueue(pending),
      forget: (pending) => this.forget(pending),
    });
    const denied = new DeniedSends({
      ...{ transport, clock, inbox: replies },
      pending: () => this.#conversations.calls(),
      denied: (pending, error) => void actions.happened(pending, "denied", error),
    });
    this.#actions = actions;
    this.#outgoing = new Outgoing({
      ...{ transport, clock, msgpack, denied },
      linkLost: (pending) => void actions.happened(pending, "linkLost"),
      unsendable: (pending, error) => void actions.happened(pending, "unsendable", error),
    });
    const answers = new AnswerIntake({
      ...{ conversations: this.#conversations, msgpack, log },
      happened: (pending, event, error) => void actions.happened(pending, event, error),
      unheard: (conversation, pendings) => {
        membership.suspect(conversation.member);
        actions.unheard(pendings);
      },
    });
    this.#listeners = new ListenerProbe(transport, clock, msgpack);
    const inbox = transport.subscribe(replies, (message) => {
      if (!this.#listeners.takes(message)) answers.receive(message);
    });
    this.#closers = [
      () => inbox.unsubscribe(),
      () => denied.close(),
      transport.onLink((up) => (up ? this.#linkUp() : this.#linkLost())),
      membership.onGone((member, silentSince) => this.#gone(member, silentSince)),
      membership.onReconnected((members) => this.#relinked(members)),
      membership.probeWith((places) => this.#inVain(places)),
      () => actions.close(),
    ];
  }

  get linkDownSince(): string | undefined {
    return this.#linkDownAt === undefined ? undefined : new Date(this.#linkDownAt).toISOString();
  }

  /** Calls that have no answer yet. */
  get outstanding(): number {
    return this.#conversations.outstanding;
  }

  converse(member: Member): Conversation<PendingCall> {
    return this.#conversations.open(member);
  }

  lane(subject: string, conversation: Conversation<PendingCall>): CallLane {
    return new CallLane(this.#outgoing, subject, conversation);
  }

  send(call: RoutedCall, target: RemoteTarget): void {
    const now = this.#clock.now();
    call.watchDeadline(now);
    if (call.settled) return;
    if (call.deadlineAt <= now) return call.expire();
    // Sent twice it must be one call for the callee's store.
    if (isSentByKey(call.operation)) call.idempotencyKey ??= this.#ids();
    this.#budget.deposit();
    const pending = new PendingCall(this, call, target);
    call.host = pending;
    this.#conversations.add(pending);
    this.#enqueue(pending);
  }

  forget(pending: PendingCall): void {
    pending.endProgress();
    this.#conversations.delete(pending);
    this.#outgoing.forget(pending);
    this.#actions.forget(pending);
  }

  happened(pending: PendingCall, event: EventName): void {
    this.#actions.happened(pending, event);
  }

  /** Ends every call that has no answer, and cancels it at its callee. */
  close(): void {
    for (const close of this.#closers.splice(0)) close();
    for (const { call, state, target } of this.#conversations.calls()) {
      call.abort(
        reeveError("TRANSPORT_CLOSED", `${target.key}: ${call.operation.name}: this process closes its transport`, {
          outcome: state.copies > 0 || call.mayHaveRun ? "maybe-executed" : "never-sent",
        }),
      );
    }
    // Callees hear of the cancels now, or take this process for one that may come back.
    this.#outgoing.flush();
  }

  #enqueue(pending: PendingCall): void {
    const { call, target, number } = pending;
    const refused = target.lane(call.operation.name).add(callFrame(number, call, this.caller), pending);
    if (refused === undefined) return;
    const error = unsendable(pending, refused, this.#outgoing.maxPayloadBytes);
    this.#actions.happened(pending, "unsendable", error);
  }

  /** All calls to one process go over one connection of its own: one of them speaks for all. */
  async #inVain(places: ReadonlySet<string>): Promise<boolean> {
    for (const place of places) {
      for (const { first } of this.#conversations.at(place)) {
        if (first) return this.#listeners.inVain(first.subject);
      }
    }
    return false;
  }

  /** However long it was away: what was sent before is sent again, and what waited for the link follows. */
  #linkUp(): void {
    this.#linkDownAt = undefined;
    this.#actions.linkUp();
    for (const pending of this.#conversations.calls()) this.#reconnected(pending);
    this.#outgoing.release();
  }

  /** Ends nothing: a callee that lives goes on, and a call has as long as its deadline says. */
  #linkLost(): void {
    this.#linkDownAt ??= this.#clock.wallNow();
    for (const pending of this.#conversations.calls()) {
      pending.linkBroke();
      this.#actions.happened(pending, "linkLost");
    }
  }

  /** Some of it may have been sent after their link was back: to send that again is idle, and harmless. */
  #relinked(members: readonly Member[]): void {
    for (const place of new Set(members.map(placeOf))) {
      for (const { calls } of this.#conversations.at(place))
        for (const pending of [...calls]) this.#reconnected(pending);
    }
  }

  #reconnected(pending: PendingCall): void {
    pending.linkBroke();
    this.#actions.happened(pending, "reconnected");
  }

  #gone(member: Member, silentSince: number | undefined): void {
    for (const { calls } of this.#conversations.left(member, silentSince)) {
      for (const pending of [...calls]) this.#actions.happened(pending, "gone");
    }
  }
}
