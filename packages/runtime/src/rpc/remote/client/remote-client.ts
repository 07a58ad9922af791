import { type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../../../base/clock.ts";
import type { Ids } from "../../../base/ids.ts";
import type { Logger } from "../../../telemetry/logger.ts";
import type { Transport } from "../../../transport/transport.ts";
import type { RoutedCall } from "../../caller/routed-call.ts";
import { type Member, type Membership, ofOneStore } from "../../membership.ts";
import { Msgpack } from "../../wire/msgpack.ts";
import { unsendable } from "../unsendable.ts";
import { AnswerIntake } from "./answer-intake.ts";
import { askFrame, callFrame } from "./call-frame.ts";
import { CallIds } from "./call-ids.ts";
import { CallLane } from "./call-lane.ts";
import { DeniedSends } from "./denied-sends.ts";
import { ListenerProbe } from "./listener-probe.ts";
import { Outgoing } from "./outgoing.ts";
import { type Callee, PendingCall, type PendingPort } from "./pending-call.ts";
import { PendingCalls, placeOf } from "./pending-calls.ts";
import type { RemoteTarget, TargetPort } from "./remote-target.ts";
import { RetryBudget } from "./retry-budget.ts";
import {
  calleeGone,
  isRepeatable,
  isSentAgain,
  isUndone,
  linkBroke,
  mayGoElsewhere,
  nobodyThere,
  staysThere,
  waitsForReturn,
} from "./retry-rules.ts";
import { ReturnWatch } from "./return-watch.ts";

export interface RemoteClientOptions {
  readonly transport: Transport;
  /** First token of every subject. */
  readonly namespace: string;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}

/** For so long after a link came up others may still be coming back: a broker that restarted has forgotten all subscriptions. */
const settlingMs = 5_000;
const settlingRetryMs = 100;
/** A callee that stays away for longer than that, and is not known to have ended, is asked this often. */
const cutOffRetryMs = 1_000;

/**
 * The calls of this process that others answer: one table of them, one subscription for the answers, and one message
 * per subject and tick.
 */
export class RemoteClient implements TargetPort, PendingPort {
  readonly namespace: string;
  readonly caller: string;
  readonly #membership: Membership;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #budget: RetryBudget;
  readonly #pending = new PendingCalls();
  readonly #callIds = new CallIds();
  readonly #outgoing: Outgoing;
  readonly #answers: AnswerIntake;
  readonly #returns: ReturnWatch;
  readonly #listeners: ListenerProbe;
  readonly #closers: (() => void)[];
  /** By the clock on the wall, while there is no link. */
  #linkDownAt: number | undefined;
  #linkUpAt = Number.NEGATIVE_INFINITY;
  #relinkedAt = Number.NEGATIVE_INFINITY;
  /** The last message that went over a link that broke since; what has gone with a later one is not in doubt. */
  #brokenBatch = -1;

  constructor({ transport, namespace, membership, clock, ids, log }: RemoteClientOptions) {
    this.namespace = namespace;
    this.caller = transport.caller;
    this.#linkDownAt = transport.connected ? undefined : clock.wallNow();
    this.#membership = membership;
    this.#clock = clock;
    this.#ids = ids;
    this.#budget = new RetryBudget(clock);
    const msgpack = new Msgpack();
    this.#returns = new ReturnWatch(membership, {
      resend: (pending) => this.#resend(pending),
      passOn: (pending) => this.#ended(pending, calleeGone(pending)),
      lost: (pending) => this.#fail(pending, calleeGone(pending)),
    });
    const replies = `${transport.inbox}.*`;
    const denied = new DeniedSends({
      ...{ transport, clock, inbox: replies },
      pending: () => this.#pending.values().filter(({ over }) => !over),
      fail: (pending, error) => this.#fail(pending, error),
    });
    this.#outgoing = new Outgoing({
      transport,
      clock,
      msgpack,
      denied,
      sent: (batch, one) => this.#pending.sent(batch, one),
      failed: (pending, error) => this.#fail(pending, error),
    });
    this.#answers = new AnswerIntake({
      pending: this.#pending,
      msgpack,
      log,
      refused: (pending, error) => this.#refused(pending, error),
      refusedMessage: (batch, error) => {
        for (const pending of this.#pending.ofBatch(batch)) this.#ended(pending, error);
      },
      noResponders: (batch) => this.#noResponders(batch),
    });
    this.#listeners = new ListenerProbe(transport, clock, msgpack);
    const inbox = transport.subscribe(replies, (message) => {
      if (!this.#listeners.takes(message)) this.#answers.receive(message);
    });
    this.#closers = [
      () => inbox.unsubscribe(),
      () => denied.close(),
      transport.onLink((up) => (up ? this.#linkUp() : this.#linkLost())),
      membership.onGone((member) => this.#gone(member)),
      membership.onRelinked((members) => this.#relinked(members)),
      membership.probeWith((places) => this.#inVain(places)),
      () => this.#returns.close(),
    ];
  }

  get linkDownSince(): string | undefined {
    return this.#linkDownAt === undefined ? undefined : new Date(this.#linkDownAt).toISOString();
  }

  /** Calls that have no answer yet. */
  get outstanding(): number {
    return this.#pending.size;
  }

  lane(_target: RemoteTarget, subject: string): CallLane {
    return new CallLane(this.#outgoing, subject);
  }

  send(call: RoutedCall, target: RemoteTarget): void {
    const now = this.#clock.now();
    call.watchDeadline(now);
    if (call.settled) return;
    if (call.deadlineAt <= now) return call.expire();
    // Sent twice it must be one call for the callee's store.
    if (isSentAgain(call.operation)) call.idempotencyKey ??= this.#ids();
    this.#budget.deposit();
    this.#enqueue(this.#begin(call, target));
  }

  #begin(call: RoutedCall, target: Callee): PendingCall {
    const id = this.#callIds.next(this.#pending);
    const pending = new PendingCall(this, id, call, target);
    // Whoever had it before may have run it.
    pending.doubt = call.mayHaveRun;
    call.host = pending;
    this.#pending.add(pending);
    return pending;
  }

  forget(pending: PendingCall): void {
    pending.over = true;
    pending.endProgress();
    this.#pending.delete(pending);
    this.#outgoing.forget(pending);
  }

  gaveUp(pending: PendingCall): void {
    this.#answers.givenUp.add(pending);
  }

  /** Ends every call that has no answer, and cancels it at its callee. */
  close(): void {
    for (const close of this.#closers.splice(0)) close();
    for (const { call, mayHaveRun, target } of this.#pending.values()) {
      call.abort(
        reeveError("TRANSPORT_CLOSED", `${target.key}: ${call.operation.name}: this process closes its transport`, {
          outcome: mayHaveRun ? "maybe-executed" : "never-sent",
        }),
      );
    }
    // Callees hear of the cancels now, or take this process for one that may come back.
    this.#outgoing.flush();
  }

  #enqueue(pending: PendingCall): void {
    const { call, target, id } = pending;
    const refused = target
      .lane(call.operation.name)
      .add(pending.asking ? askFrame(id) : callFrame(id, call, this.caller), pending);
    if (refused !== undefined) this.#fail(pending, unsendable(pending, refused, this.#outgoing.maxPayloadBytes));
  }

  #refused(pending: PendingCall, error: ReeveError): void {
    // Sent once only, and a question runs nothing: what its callee says is all that became of it.
    if (!isRepeatable(pending.call)) pending.doubt = undefined;
    this.#ended(pending, error);
  }

  #noResponders(batch: number): void {
    const now = this.#clock.now();
    for (const pending of this.#pending.ofBatch(batch)) {
      this.#membership.suspect(pending.target.member);
      // Its callee's next incarnation, or another one, will have it.
      if (this.#returns.has(pending)) continue;
      const backAt = pending.doubt ? Math.max(this.#linkUpAt, this.#relinkedAt) : this.#linkUpAt;
      // Nobody has had it, so that it costs nobody any work to send it once more.
      if (now - backAt < settlingMs) this.#sendLater(pending, settlingRetryMs);
      // Its callee may only be cut off: silence or a last heartbeat tells whether it has ended, the deadline bounds the wait.
      else if (pending.broken && staysThere(pending) && this.#isMember(pending))
        this.#sendLater(pending, cutOffRetryMs);
      else this.#ended(pending, nobodyThere(pending));
    }
  }

  /** All calls to one process go over one connection of its own: one of them speaks for all. */
  async #inVain(places: ReadonlySet<string>): Promise<boolean> {
    for (const place of places) {
      const one = this.#pending.at(place).find(({ sent, broken }) => sent || broken);
      if (one) return this.#listeners.inVain(one.target.lane(one.call.operation.name).subject);
    }
    return false;
  }

  #isMember({ target, store = target.member.store, epoch = target.member.epoch }: PendingCall): boolean {
    const { manager, major, address } = target.member;
    const there = this.#membership.at(manager, major, address);
    return there !== undefined && there.epoch === epoch && ofOneStore(there, { store });
  }

  #sendLater(pending: PendingCall, afterMs: number): void {
    pending.markUnsent();
    this.#clock.setTimeout(() => {
      if (!pending.over) this.#enqueue(pending);
    }, afterMs);
  }

  /** Answered with an error: it may be tried elsewhere. */
  #ended(pending: PendingCall, error: ReeveError): void {
    const { call, doubt } = pending;
    this.forget(pending);
    if (error.reason === "PEER_LOST" && waitsForReturn(pending)) return this.#awaitNext(pending, error);
    const again = mayGoElsewhere(pending, error) && (error.reason === "MOVED" || this.#budget.withdraw());
    if (!again) return this.#fail(pending, error);
    if (isUndone(error)) pending.markUnsent();
    // What is left undone from here on does not undo it.
    if (doubt && !call.mayHaveRun) call.attempted(doubt);
    call.refuse(error);
  }

  /** Its incarnation has ended in a process that goes on, and knows the old id as answered. */
  #awaitNext(
    { call, target, epoch = target.member.epoch, store = target.member.store }: PendingCall,
    error: ReeveError,
  ): void {
    const next = this.#begin(call, target);
    next.doubt = error;
    this.#returns.wait(next, { store, epoch: epoch + 1 });
  }

  #resend(pending: PendingCall): void {
    pending.asking = false;
    if (this.#budget.withdraw()) this.#enqueue(pending);
    else this.#fail(pending, pending.doubt!);
  }

  #fail(pending: PendingCall, error: ReeveError): void {
    const { call, doubt } = pending;
    this.forget(pending);
    call.fail(doubt && isUndone(error) ? doubt : error);
  }

  /** However long it was away: what was sent before is asked about, and what waited for the link follows. */
  #linkUp(): void {
    this.#linkDownAt = undefined;
    this.#linkUpAt = this.#clock.now();
    this.#inquire(this.#pending.values().filter(({ batch }) => batch <= this.#brokenBatch));
    this.#outgoing.release();
  }

  /** Ends nothing: a callee that lives goes on, and a call has as long as its deadline says. */
  #linkLost(): void {
    this.#linkDownAt ??= this.#clock.wallNow();
    this.#brokenBatch = this.#outgoing.lastBatch;
    for (const pending of this.#pending.values()) if (pending.sent) pending.broke(linkBroke(pending));
  }

  /** Some of it may have been sent after their link was back: to ask of that is idle, and harmless. */
  #relinked(members: readonly Member[]): void {
    this.#relinkedAt = this.#clock.now();
    const places = new Set(members.map(placeOf));
    this.#inquire([...places].flatMap((place) => this.#pending.at(place)));
  }

  /** A link broke, and what was sent may have run. What may run twice is sent again, and of the rest the callee is asked. */
  #inquire(pendings: PendingCall[]): void {
    for (const pending of pendings.sort((one, other) => one.batch - other.batch)) {
      if (!(pending.sent || pending.broken) || this.#returns.has(pending)) continue;
      pending.broke(linkBroke(pending));
      pending.asking = !(isRepeatable(pending.call) && this.#budget.withdraw());
      this.#enqueue(pending);
    }
  }

  #gone(gone: Member): void {
    const { epoch, store } = gone;
    const place = placeOf(gone);
    for (const pending of this.#pending.at(place)) {
      const { member } = pending.target;
      // A later incarnation may have it already.
      const having = { store: pending.store ?? member.store, epoch: pending.epoch ?? member.epoch };
      if (!ofOneStore(having, { store }) || having.epoch > epoch || this.#returns.has(pending)) continue;
      if (!pending.sent && !pending.broken) {
        this.#ended(pending, nobodyThere(pending));
        continue;
      }
      const lost = calleeGone(pending);
      // One that was only silent may be heard again.
      if (!waitsForReturn(pending)) {
        this.gaveUp(pending);
        this.#ended(pending, lost);
        continue;
      }
      pending.doubt ??= lost;
      this.#returns.wait(pending, { store, epoch });
    }
    this.#pending.left(place);
  }
}
